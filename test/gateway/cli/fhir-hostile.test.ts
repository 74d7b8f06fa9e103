import type { Bundle, Observation } from "@medplum/fhirtypes";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { lineBundle } from "../../../gateway/cli/fhir/line-bundle.ts";
import { carepost } from "./run-carepost.ts";

const line = {
  gateway: { id: "gw-0001", timeZone: "Europe/Berlin" },
  device: { manufacturer: "Example", model: "Meter 1", systemId: "C05349FFFE4D0001" },
  person: "sim-0001",
  receivedAt: "2026-07-01T08:00:00+02:00",
};

const pressure = ["2A35", "0678004F005A00EA070701073A004600"] as const;
/** Glucose of 105 mg/dL, which announces a context or does not. */
const glucose = (sequence: string, announces = true): readonly [string, string] => [
  "2A18",
  `${announces ? "12" : "02"}${sequence}EA070701073A0069B011`,
];
const meal = (sequence: string, kind: string): readonly [string, string] => ["2A34", `02${sequence}${kind}`];
const fasting = "03";
const bedtime = "05";

const frames = (...given: readonly (readonly [string, string])[]): { frames: readonly object[] } => ({
  frames: given.map(([characteristic, hex]) => ({ characteristic, hex })),
});

const bundle = (changes: object): Bundle => JSON.parse(lineBundle(JSON.stringify({ ...line, ...changes }), "phd"));

const observations = (of: Bundle, code: string): readonly Observation[] =>
  (of.entry ?? []).flatMap(({ resource }) =>
    resource?.resourceType === "Observation" && resource.code.coding?.some((coding) => coding.code === code) === true
      ? [resource]
      : [],
  );

const first = (of: Bundle, code: string): Observation | undefined => observations(of, code)[0];

/** The code and the context of the failure that a line is answered with. */
function failure(changes: object): object {
  try {
    return bundle(changes);
  } catch (error) {
    return error instanceof CarepostError ? { code: error.code, ...error.context } : { unexpected: String(error) };
  }
}

const refused = { code: "fhir-line-invalid" };
const glucoseCode = "160184";
const mealCode = "8417864";
const panelCode = "150020";

test("a time offset that ran over or under is no number of minutes, so nobody knows when it was measured", () => {
  // Glucose Measurement (2A18): Time Offset 0x7FFF is "Overrun", 0x8000 "Underrun"; all others are minutes.
  const withOffset = (offset: string): object => frames(["2A18", `030100EA070601073A00${offset}69B011`]);
  const unknown = { code: "fhir-time-unknown", frame: 0 };
  expect(failure(withOffset("FF7F"))).toEqual(unknown);
  expect(failure(withOffset("0080"))).toEqual(unknown);
  const effective = (offset: string): unknown => first(bundle(withOffset(offset)), glucoseCode)?.effectiveDateTime;
  expect(effective("FBFF")).toBe("2026-06-01T07:53:00+02:00");
  expect(effective("FE7F")).toBe("2026-06-24T02:04:00+02:00");
  expect(effective("0180")).toBe("2026-05-09T13:51:00+02:00");
});

test("frames that come again say nothing new, in whatever order, and take no context away", () => {
  const [measured, told] = [glucose("0700"), meal("0700", fasting)];
  const once = bundle(frames(measured, told));
  expect(observations(once, mealCode)).toHaveLength(1);
  for (const given of [
    [measured, told, measured],
    [measured, told, told],
    [measured, measured, told, told],
    [told, told, measured],
    [measured, told, measured, told],
  ]) {
    expect(bundle(frames(...given))).toEqual(once);
  }
});

test("a context finds its measurement by the sequence number, also one that did not announce it", () => {
  // GLS 1.0.1, 3.2: the Sequence Number of a context is that of its Glucose Measurement.
  const late = bundle(frames(glucose("0700", false), meal("0700", fasting)));
  expect(first(late, mealCode)?.valueCodeableConcept?.coding?.[0]?.code).toBe("8417876");
  const namesakes = frames(
    ["2A18", "020700EA070701073A0068B011"],
    ["2A18", "120700EA0707010800006AB011"],
    meal("0700", bedtime),
  );
  expect(first(bundle(namesakes), mealCode)?.effectiveDateTime).toBe("2026-07-01T08:00:00+02:00");
});

test("a record that cannot be told is named by its frame", () => {
  expect(failure(frames(glucose("0700", false), meal("0800", fasting)))).toEqual({
    code: "fhir-nothing-to-map",
    frame: 1,
  });
  const undated = ["2A18", "020900EA07000107000069B011"] as const;
  expect(failure(frames(pressure, undated))).toEqual({ code: "fhir-time-unknown", frame: 1 });
});

test("a clock that shows what no calendar has is a clock that nobody knows; a line that says so is wrong", () => {
  // PHD guide: the coincident time stamp of a device with a time fault has the absent reason "unknown".
  const faulty: readonly object[] = [
    frames(["2A2B", "FFFFFFFFFFFFFF000000"], pressure),
    frames(["2A08", "EA070D01080000"], pressure),
    frames(["2A08", "00000000000000"], pressure),
    { ...frames(pressure), clock: { deviceTime: "0000-00-00T07:54:00" } },
  ];
  for (const changes of faulty) {
    const made = bundle(changes);
    expect(first(made, "67975")?.dataAbsentReason?.coding?.[0]?.code).toBe("unknown");
    expect(first(made, panelCode)?.effectiveDateTime).toBe("2026-07-01T07:58:00+02:00");
  }
  for (const deviceTime of ["2026-13-01T07:54:00", "2026-02-30T07:54:00", "2026-07-01T24:00:00"]) {
    expect(failure({ ...frames(pressure), clock: { deviceTime } })).toEqual({ code: "fhir-line-invalid" });
  }
  expect(failure(frames(["2A08", "EA0707"], pressure))).toMatchObject({ code: "frame-rejected", frame: 0 });
});

test("a clock frame is held against the time at which it came, where that is told", () => {
  const clock = { characteristic: "2A08", hex: "EA070701073200", receivedAt: "2026-07-01T07:56:00+02:00" };
  const made = bundle({ frames: [clock, { characteristic: pressure[0], hex: pressure[1] }] });
  expect(first(made, "67975")).toMatchObject({
    effectiveDateTime: "2026-07-01T07:56:00+02:00",
    valueDateTime: "2026-07-01T07:50:00+02:00",
  });
  expect(first(made, panelCode)?.effectiveDateTime).toBe("2026-07-01T08:04:00+02:00");
});

test("a time that no calendar, no zone or no year of FHIR has is refused, and never rolled over", () => {
  // R4, 2.24.0.1 dateTime: years 0001 to 9999, offsets up to 14:00.
  const wrong: readonly object[] = [
    { receivedAt: "2026-02-30T08:00:00+02:00" },
    { receivedAt: "2026-07-01T25:00:00Z" },
    { receivedAt: "0001-01-01T08:00:00Z" },
    { receivedAt: 8.64e15 },
    { gateway: "gw", receivedAt: "2026-07-01T08:00:00+15:00" },
    { gateway: { id: "gw", utcOffset: "+14:01" } },
    { gateway: { id: "gw", timeZone: "-23:00" } },
    { clock: { offsetMs: Number.MAX_SAFE_INTEGER } },
    { clock: { offsetMs: Number.MIN_SAFE_INTEGER } },
  ];
  for (const changes of wrong) {
    expect({ ...changes, ...failure({ ...frames(pressure), ...changes }) }).toEqual({ ...changes, ...refused });
  }
  // RFC 3339, 5.6: "t" and "z" may be small. ISO 8601: an offset of whole hours may go without minutes.
  for (const receivedAt of ["2026-07-01t06:00:00z", "2026-07-01T08:00:00+02", "2026-07-01T08:00:00.000+0200"]) {
    expect(first(bundle({ ...frames(pressure), receivedAt }), "67975")?.effectiveDateTime).toBe(
      "2026-07-01T08:00:00+02:00",
    );
  }
  // RFC 3339, 4.3: by the offset -00:00 the local one is not known.
  const unknown = { ...frames(pressure), gateway: "gw", receivedAt: "2026-07-01T09:00:00-00:00" };
  expect(first(bundle(unknown), panelCode)?.effectiveDateTime).toBe("2026-07-01T07:58:00-00:00");
  const furthest = bundle({ ...frames(pressure), gateway: { id: "gw", utcOffset: 840 } });
  expect(first(furthest, panelCode)?.effectiveDateTime).toBe("2026-07-01T07:58:00+14:00");
});

test("texts that FHIR cannot hold are refused, and those of a frame that say nothing are not told", () => {
  // R4, 2.24.0.1: a string holds no character below 32 but tab and line ends, a uri no blank.
  const wrong: readonly object[] = [
    { device: { id: "x", model: "a\u0000b" } },
    { device: { id: "a\ud800" } },
    { gateway: { id: "gw\u0007" } },
    { gateway: { systemId: "00-00-00-00-00-00-00-00" } },
    { person: { system: "not a uri", value: "x" } },
    { person: { system: "urn:x", value: "\udc00" } },
  ];
  for (const changes of wrong) {
    expect({ ...changes, ...failure({ ...frames(pressure), ...changes }) }).toEqual({ ...changes, ...refused });
  }
  const hex = (text: string): string => Buffer.from(text).toString("hex");
  const told = bundle({
    ...frames(["2A29", hex("Ma\u0001ker")], ["2A24", hex("Model Number")], ["2A25", hex("00000000")], pressure),
    device: {},
  });
  expect(told.entry?.[1]?.resource).toMatchObject({ manufacturer: "unknown", modelNumber: "unknown" });
  expect(told.entry?.[1]?.resource).not.toHaveProperty("serialNumber");
});

test("a blood pressure that failed claims no profile that demands its components", () => {
  // R4 bp: the components of systolic and diastolic 1..1. PHD guide: no components if the measurement failed.
  const profiles = (hex: string): unknown => {
    const text = JSON.stringify({ ...line, ...frames(["2A35", hex]) });
    return first(JSON.parse(lineBundle(text, "blood-pressure")), panelCode)?.meta?.profile?.map((url) =>
      url.slice(url.lastIndexOf("/") + 1),
    );
  };
  expect(profiles("00FF07FF07FF07")).toEqual(["PhdCompoundNumericObservation", "vitalsigns"]);
  expect(profiles("007800FF07FF07")).toEqual(["PhdCompoundNumericObservation", "vitalsigns", "bp"]);
});

test("a test with control solution is the meter's own, whoever the line says that the meter belongs to", () => {
  // GLS 1.0.1: Type 10 and Sample Location 4 are control solution. Nothing of it may name a person.
  for (const typeAndLocation of ["1A", "41"]) {
    const control = frames(["2A18", `120700EA070701073A0069B0${typeAndLocation}`], meal("0700", fasting));
    const made = bundle(control);
    expect(JSON.stringify(made)).not.toContain("sim-0001");
    expect(made).toEqual(bundle({ ...control, person: null }));
    expect(first(made, "160208")?.meta?.security?.[0]?.code).toBe("HTEST");
  }
});

test("names of a line that every object has by birth mean nothing", () => {
  const text = JSON.stringify({ ...line, ...frames(pressure) });
  const odd = text.replace("{", '{"__proto__":{"person":"sim-0002"},"constructor":1,"toString":2,');
  expect(lineBundle(odd, "phd")).toBe(lineBundle(text, "phd"));
});

test("whatever stands in whichever place of a line, it is answered with a bundle or with an error that says what to do", () => {
  const whole = {
    ...line,
    users: { 1: "sim-0002" },
    clock: { deviceTime: "2026-07-01T07:54:00", at: "2026-07-01T08:00:00+02:00", offsetMs: 3 },
    frames: [{ characteristic: pressure[0], hex: pressure[1], receivedAt: 1_782_885_600_000 }],
  };
  const odd = fc.oneof(
    fc.constantFrom("", "\u0000", "\ud800", "__proto__", "constructor", "0001-01-01T00:00:00Z", "2026-07-01T08:00:60Z"),
    fc.constantFrom("+14:00", "Asia/Manila", "Patient/..", "1970-01-01T00:00:00+14:00", "2A18", "F", "00"),
    fc.constantFrom(null, true, 0, -1, 1e308, 253_402_214_400_000, {}, [], [[]]),
    fc.jsonValue({ maxDepth: 1 }),
  );
  // R4, 2.24.0.1: the grammar of a dateTime with a time.
  const dateTime = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;
  const known = ["fhir-line-invalid", "fhir-time-unknown", "not-hex", "unknown-characteristic", "frame-rejected"];
  fc.assert(
    fc.property(fc.constantFrom(...places(whole)), odd, (place, value) => {
      const { code, text } = answerTo(JSON.stringify(replaced(whole, place, value)));
      expect(["bundle", ...known]).toContain(code);
      const told = [...text.matchAll(/"(?:\w*DateTime|recorded|start|end)":"([^"]*)"/g)].map(([, one = ""]) => one);
      expect(told.filter((one) => !dateTime.test(one))).toEqual([]);
      expect(text).not.toMatch(/:""|\[\]|\{\}|\\u0000|\\ud8/);
    }),
    { numRuns: 1_500 },
  );
});

function answerTo(text: string): { readonly code: string; readonly text: string } {
  try {
    return { code: "bundle", text: lineBundle(text, "phd") };
  } catch (error) {
    if (error instanceof CarepostError) return { code: error.code, text: "" };
    throw error;
  }
}

/** Every path to a value of a line. */
const places = (of: unknown, path: readonly string[] = []): readonly (readonly string[])[] => {
  if (typeof of !== "object" || of === null) return [path];
  const below = Object.entries(of).flatMap(([name, value]) => places(value, [...path, name]));
  return path.length === 0 ? below : [path, ...below];
};

function replaced(of: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined || typeof of !== "object" || of === null) return value;
  const entries = Object.entries(of).map(([key, old]) => [key, key === name ? replaced(old, rest, value) : old]);
  return Array.isArray(of) ? entries.map(([, element]) => element) : Object.fromEntries(entries);
}

test("byte order marks, both line ends and a line that is cut off do not disturb the lines beside them", async () => {
  const good = JSON.stringify({ ...line, ...frames(pressure) });
  const input = `\uFEFF${good}\r\n\uFEFF${good}\n{"gateway": oops\n \r\n${good}\n${good.slice(0, 90)}`;
  const { code, stdout, stderr } = await carepost(["fhir"], { input });
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  const answers = stdout.trimEnd().split("\n");
  expect(answers.map((answer) => Object.keys(JSON.parse(answer))[0])).toEqual([
    "resourceType",
    "resourceType",
    "error",
    "resourceType",
    "error",
  ]);
  expect(new Set([answers[0], answers[1], answers[3]]).size).toBe(1);
});
