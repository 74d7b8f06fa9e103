import { Readable } from "node:stream";
import type { Bundle, Observation } from "@medplum/fhirtypes";
import { expect, test } from "vitest";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { fhirLineCharsMax, fhirLines } from "../../../gateway/cli/fhir/fhir-lines.ts";
import { lineBundle } from "../../../gateway/cli/fhir/line-bundle.ts";
import type { Terminal } from "../../../gateway/cli/terminal.ts";
import { frameVectors } from "../../device-drivers/vectors.ts";
import { faultsOfBundle } from "../../cloud-sync/fhir/validators.ts";
import { keptTerminal } from "../../doubles/kept-terminal.ts";
import { carepost } from "./run-carepost.ts";

const line = {
  gateway: { id: "gw-0001", timeZone: "Europe/Berlin", version: "0.1.0" },
  device: { manufacturer: "Example", model: "Meter 1", serial: "1", systemId: "C05349FFFE4D0001" },
  person: "sim-0001",
  receivedAt: "2026-07-01T08:00:00+02:00",
  frames: [{ characteristic: "2A35", hex: "0678004F005A00EA070701073A004600" }],
};

const frames = (...given: readonly (readonly [string, string])[]): { frames: readonly object[] } => ({
  frames: given.map(([characteristic, hex]) => ({ characteristic, hex })),
});

const bundle = (changes: object): Bundle => JSON.parse(lineBundle(JSON.stringify({ ...line, ...changes }), "phd"));

const observations = (of: Bundle): readonly Observation[] =>
  (of.entry ?? []).flatMap(({ resource }) => (resource?.resourceType === "Observation" ? [resource] : []));

const coded = (of: Bundle, code: string): Observation | undefined =>
  observations(of).find((one) => one.code.coding?.some((coding) => coding.code === code) === true);

test("each line is answered with one line, in order, and the exit code tells that one was wrong", async () => {
  const texts = [JSON.stringify(line), "", "{", JSON.stringify({ ...line, frames: [] }), JSON.stringify(line)];
  const { code, stdout, stderr } = await carepost(["fhir"], { input: `${texts.join("\r\n")}\n` });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const answers = stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(answers).toMatchObject([
    { resourceType: "Bundle", type: "transaction" },
    {
      error: {
        code: "fhir-line-invalid",
        message: "the line is not JSON",
        remedy: expect.stringContaining("--schema"),
      },
    },
    { error: { code: "fhir-line-invalid" } },
    { resourceType: "Bundle" },
  ]);
  expect(answers[0]).toEqual(answers[3]);
});

test("where every line is mapped the exit code is 0, and the schema and the help say how", async () => {
  expect((await carepost(["fhir"], { input: JSON.stringify(line) })).code).toBe(0);
  const schema = JSON.parse((await carepost(["fhir", "--schema"])).stdout);
  expect(Object.keys(schema.properties)).toEqual([
    "gateway",
    "device",
    "person",
    "users",
    "receivedAt",
    "clock",
    "frames",
  ]);
  expect((await carepost(["fhir", "--help"])).stdout).toContain("--schema");
});

/** The validators read all of R4's definitions once, which alone takes half a minute on a busy machine. */
const patientMs = 180_000;

test("every frame of the vectors is mapped to what validators accept, or refused", { timeout: patientMs }, () => {
  const known = frameVectors.filter(({ characteristic }) => /^(?:2A18|2A35|2B34)$/.test(characteristic));
  const outcomes = known.map(({ characteristic, hex = "", id }) => {
    const given = { receivedAt: "2026-11-20T10:00:00+01:00", ...frames([characteristic, hex]) };
    const made = attempt(given);
    return { id, ...("error" in made ? { code: made.error } : { faults: faultsOfBundle(made) }) };
  });
  for (const [index, { valid }] of known.entries()) {
    // Some valid frames of the vectors hold no measurement at all.
    const right = [{ faults: [] }, { code: "fhir-nothing-to-map" }];
    expect.soft(valid === true ? right : [{ code: "frame-rejected" }]).toContainEqual(withoutId(outcomes[index]));
  }
  expect(outcomes.filter((outcome) => "faults" in outcome).length).toBeGreaterThan(15);
});

const withoutId = ({ id: _id, ...rest }: { readonly id: unknown } = { id: null }): object => rest;

function attempt(changes: object): Bundle | { readonly error: string } {
  try {
    return bundle(changes);
  } catch (error) {
    return { error: error instanceof CarepostError ? error.code : String(error) };
  }
}

test("a glucose and its context become one record, whichever comes first", () => {
  const measurement = ["2A18", "130700EA070701073A00000069B011"] as const;
  const context = ["2A34", "0207000300"] as const;
  for (const given of [
    [measurement, context],
    [context, measurement],
  ]) {
    const made = bundle(frames(...given));
    const glucose = made.entry?.find(({ resource }) => resource === coded(made, "160184"));
    expect(coded(made, "8417864")).toMatchObject({
      valueCodeableConcept: { coding: [{ code: "8417876" }] },
      derivedFrom: [{ reference: glucose?.fullUrl }],
    });
  }
  expect(() => bundle(frames(context))).toThrow(/no measurement/);
});

test("numbers keep the digits of the frame, and kilopascals are multiplied exactly", () => {
  const text = (changes: object): string => lineBundle(JSON.stringify({ ...line, ...changes }), "phd");
  expect(text(frames(["2A18", molarFrame(0xc03c)]))).toContain('"valueQuantity":{"value":6.0,"unit":"mmol/L"');
  expect(text(frames(["2A35", "00DEF4B0F416F3"]))).toContain('"value":124.6,');
  expect(text(frames(["2A35", "01BDF00B009FF0"]))).toContain('"value":141.7616613,');
});

/** 2A18 with a concentration in mol/L, of which only the SFLOAT matters. */
const molarFrame = (sfloat: number): string => {
  const octets = [sfloat & 0xff, sfloat >> 8].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  return `060100EA070701073A00${octets}11`;
};

test("special numbers and flags out of range are reasons, never values", () => {
  const reason = (hex: string): string | undefined =>
    coded(bundle(frames(["2A18", hex])), "160184")?.dataAbsentReason?.coding?.[0]?.code;
  expect(reason(molarFrame(0x07ff))).toBe("not-a-number");
  expect(reason(molarFrame(0x0800))).toBe("error");
  expect(reason(molarFrame(0x07fe))).toBe("positive-infinity");
  expect(reason(molarFrame(0x0802))).toBe("negative-infinity");
  expect(reason(molarFrame(0x0801))).toBe("error");
  expect(reason(molarFrame(0xffff))).toBe("error");
  const flagged = (status: string): string => `0E${molarFrame(0xc03c).slice(2)}${status}`;
  expect(reason(flagged("2000"))).toBe("positive-infinity");
  expect(reason(flagged("4000"))).toBe("negative-infinity");
  expect(reason(flagged("0200"))).toBe("error");
  expect(reason(flagged("0100"))).toBeUndefined();
});

test("a reason stands with its component, and a measurement that failed whole has one alone", () => {
  const partly = coded(bundle(frames(["2A35", "007800FF07FF07"])), "150020");
  expect(partly?.component?.map((one) => one.valueQuantity?.value ?? one.dataAbsentReason?.coding?.[0]?.code)).toEqual([
    120,
    "not-a-number",
    "not-a-number",
  ]);
  const failed = coded(bundle(frames(["2A35", "00FF07FF07FF07"])), "150020");
  expect(failed?.component).toBeUndefined();
  expect(failed?.dataAbsentReason?.coding?.[0]?.code).toBe("not-a-number");
});

test("times have the site's offset at the measurement, by its zone, its offset, or the time of receipt", () => {
  const winter = frames(["2A35", "0278004F005A00EA070101073A00"]);
  const at = (changes: object): string | undefined =>
    coded(bundle({ ...winter, ...changes }), "150020")?.effectiveDateTime;
  expect(at({})).toBe("2026-01-01T07:58:00+01:00");
  expect(at({ gateway: { id: "gw", utcOffset: "-05:00" } })).toBe("2026-01-01T07:58:00-05:00");
  expect(at({ gateway: { id: "gw", utcOffset: 345 } })).toBe("2026-01-01T07:58:00+05:45");
  expect(at({ gateway: { id: "gw" } })).toBe("2026-01-01T07:58:00+02:00");
  expect(at({ gateway: { id: "gw" }, receivedAt: "2026-07-01T06:00:00Z" })).toBe("2026-01-01T07:58:00+00:00");
  expect(at({ gateway: { id: "gw" }, receivedAt: Date.UTC(2026, 6, 1) })).toBe("2026-01-01T07:58:00-00:00");
  expect(at({ gateway: { id: "gw" }, receivedAt: "2026-07-01 06:00-0330" })).toBe("2026-01-01T07:58:00-03:30");
  expect(at({ gateway: "gw", timezone: "America/New_York" })).toBe("2026-01-01T07:58:00-05:00");
});

test("a device's clock that is off shifts its times, however it is told, and stands beside the gateway's", () => {
  const ways = [
    { clock: { deviceTime: "2026-07-01T07:54:00" } },
    { deviceClock: { time: "2026-07-01T07:54:00", at: "2026-07-01T08:00:00+02:00" } },
    { clock: { offsetMs: 360_000 } },
    { frames: [...line.frames, { characteristic: "2A2B", hex: "EA070701073600030000" }] },
    {
      frames: [{ characteristic: "00002a08-0000-1000-8000-00805f9b34fb", hex: "EA 07 07 01 07 36 00" }, ...line.frames],
    },
  ];
  for (const way of ways) {
    const made = bundle(way);
    expect(coded(made, "150020")?.effectiveDateTime).toBe("2026-07-01T08:04:00+02:00");
    expect(coded(made, "67975")).toMatchObject({
      effectiveDateTime: "2026-07-01T08:00:00+02:00",
      valueDateTime: "2026-07-01T07:54:00+02:00",
    });
    expect(coded(made, "150020")?.identifier?.[0]?.value).toBe("C05349FFFE4D0001-sim-0001-150020-836207880");
  }
});

test("what no clock dates has the time of receipt, unless the device kept it: then it is refused", () => {
  const live = bundle(frames(["2A35", "00780050005A00"]));
  expect(coded(live, "150020")?.effectiveDateTime).toBe("2026-07-01T08:00:00+02:00");
  expect(coded(live, "67975")).toBeUndefined();
  const refused = { error: "fhir-time-unknown" };
  expect(attempt({ ...frames(["2A35", "00780050005A00"]), receivedAt: null })).toEqual(refused);
  expect(attempt(frames(["2A18", "02010000000000073A0069B011"]))).toEqual(refused);
  expect(attempt(frames(["2A35", "0278004F005A00EB070101073A00"]))).toEqual(refused);
});

test("a person is an opaque reference, a Patient's id or an identifier, and never anything that reads like a name", () => {
  const subject = (person: unknown): unknown => coded(bundle({ person }), "150020")?.subject;
  expect(subject("sim-0001")).toMatchObject({ type: "Patient", identifier: { value: "sim-0001" } });
  expect(subject("Patient/abc")).toEqual({ reference: "Patient/abc" });
  expect(subject({ reference: "Patient/abc" })).toEqual({ reference: "Patient/abc" });
  expect(subject({ system: "urn:oid:1.2.3", value: "x1" })).toEqual({
    type: "Patient",
    identifier: { system: "urn:oid:1.2.3", value: "x1" },
  });
  expect(subject(null)).toBeUndefined();
  expect(subject(undefined)).toBeUndefined();
  for (const name of ["A Person", "somebody@example.org", ""]) expect(() => bundle({ person: name })).toThrow(/person/);
});

test("a user index is nobody by itself: it is given to people, and an unknown user's pressure is not the owner's", () => {
  const of = (index: string, changes: object = {}): unknown =>
    coded(bundle({ ...frames(["2A35", `0878004F005A00${index}`]), ...changes }), "150020")?.subject;
  const users = { users: { 1: "sim-0001", 2: "sim-0002" } };
  expect(of("02")).toMatchObject({ identifier: { value: "sim-0001" } });
  expect(of("02", users)).toMatchObject({ identifier: { value: "sim-0002" } });
  expect(of("03", users)).toBeUndefined();
  expect(of("FF")).toBeUndefined();
});

test("a device may be told by its own frames, its System ID turned round, and by other names of its fields", () => {
  const device = (changes: object): unknown => bundle(changes).entry?.[1]?.resource;
  const information = ["2A29", "4578616D706C65"] as const;
  const bySelf = { device: {}, ...frames(["2A23", "01004DFEFF4953C0"], information, ["2A35", "00780050005A00"]) };
  expect(device(bySelf)).toMatchObject({
    manufacturer: "Example",
    modelNumber: "unknown",
    identifier: [{ value: "C0-53-49-FF-FE-4D-00-01" }],
  });
  const named = { manufacturerName: "M", modelNumber: "X", serialNumber: "7", mac: "c0:53:49:4d:00:01" };
  expect(device({ device: named })).toMatchObject({
    manufacturer: "M",
    modelNumber: "X",
    serialNumber: "7",
    identifier: [{ value: "serial:M/X/7" }, { value: "C0-53-49-4D-00-01" }],
  });
});

test("records of 2B36 are put together from their segments, and one with a hole is refused", () => {
  const whole = "7E78005000640080510100480005030000A30200";
  const segments = [`0109 00342B${whole.slice(0, 20)}`, `0609 00342B${whole.slice(20)}`] as const;
  const made = bundle(frames(["2B36", segments[0]], ["2B36", segments[1]]));
  expect(coded(made, "150020")?.component?.[0]?.valueQuantity?.value).toBe(120);
  expect(coded(made, "150020")?.identifier?.at(-1)?.value).toMatch(/^C05349FFFE4D0001-9-/);
  expect(() => bundle(frames(["2B36", segments[0]]))).toThrow(/2B36/);
});

test("a cuff's pressure while it measures is no result, and an unknown characteristic is named", () => {
  expect(() => bundle(frames(["2A36", "0078000000FF07"]))).toThrow(/no frame of the line holds a measurement/);
  expect(() => bundle(frames(["2A37", "0048"]))).toThrow(/no decoder for 2A37/);
  expect(() => bundle(frames(["2A35", "0x0"]))).toThrow(/hex/);
});

test("a meter whose ketones hide as a meal gives them as ketones", () => {
  const given = frames(["2A18", "130700EA070701073A00000003B011"], ["2A34", "0207000600"]);
  const made = bundle({ ...given, device: { ...line.device, model: "CareSens Dual" } });
  expect(coded(made, "66441-7")?.valueQuantity).toMatchObject({ value: 0.3, code: "mmol/L" });
});

test("a line without an end is answered once and not kept, and the input waits for the answers", async () => {
  const answers: string[] = [];
  let waiting = 0;
  let waitingMost = 0;
  const terminal: Terminal = {
    ...keptTerminal(),
    out: async (text) => {
      waiting += 1;
      waitingMost = Math.max(waiting, waitingMost);
      await Promise.resolve();
      waiting -= 1;
      answers.push(text);
    },
  };
  const long = "x".repeat(fhirLineCharsMax / 2 + 1);
  const failed = await fhirLines(Readable.from([long, long, "\n", JSON.stringify(line)]), "phd", terminal);
  expect(failed).toBe(1);
  expect(waitingMost).toBe(1);
  expect(answers.map((text) => Object.keys(JSON.parse(text))[0])).toEqual(["error", "resourceType"]);
});
