import { expect, test } from "vitest";
import { readBatchMessage, readReading } from "../../../cloud-sync/ingest/batch-message.ts";
import { batchPayload, bloodPressure, glucose } from "./sample-readings.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a valid batch is read whole", () => {
  const readings = [glucose(1), bloodPressure(2)];
  const message = readBatchMessage("gw-1", batchPayload("gw-1", "b1", readings));
  expect(message).toMatchObject({ usable: true, form: "plain", batch: "b1" });
  const verdicts = message.usable ? message.verdicts : [];
  expect(verdicts.map((verdict) => verdict.ok && [verdict.value.gateway, verdict.value.reading])).toEqual(
    readings.map((reading) => ["gw-1", reading]),
  );
});

test("what is not an envelope is unusable, with a code for each way to be none", () => {
  const deep = "[".repeat(60_000);
  const cases: readonly (readonly [code: string, payload: Uint8Array])[] = [
    ["message-too-large", new Uint8Array(65_537)],
    ["message-not-text", Uint8Array.of(0x7b, 0xff, 0x7d)],
    ["message-not-text", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ["message-not-json", encode("")],
    ["message-not-json", encode("{")],
    ["message-not-json", encode("\uFEFF{}")],
    ["message-not-json", encode(deep)],
    ["envelope-invalid", encode(`${"[".repeat(30_000)}${"]".repeat(30_000)}`)],
    ["envelope-invalid", encode("null")],
    ["envelope-invalid", encode("[]")],
    ["envelope-invalid", encode("{}")],
    ["envelope-version-unknown", encode('{"v":2,"anything":true}')],
    ["envelope-version-unknown", encode('{"v":"1"}')],
  ];
  for (const [code, payload] of cases) {
    expect(readBatchMessage("gw-1", payload)).toMatchObject({ usable: false, batch: null, rejection: { code } });
  }
});

test("an envelope that is wrong but names its batch can be rejected position by position", () => {
  const envelope = { v: 1, batch: "b1", gateway: "gw-1", readings: [glucose(1), glucose(2)] };
  const cases = [
    ["envelope-version-unknown", { ...envelope, v: 2 }, 2],
    ["envelope-invalid", { ...envelope, extra: 1 }, 2],
    ["envelope-invalid", { ...envelope, readings: [] }, 0],
    ["envelope-invalid", { ...envelope, readings: "none" }, 0],
    ["envelope-invalid", { ...envelope, readings: Array.from({ length: 501 }, () => 1) }, 500],
    ["envelope-gateway-mismatch", { ...envelope, gateway: "gw-2" }, 2],
  ] as const;
  for (const [code, wrong, positions] of cases) {
    const message = readBatchMessage("gw-1", encode(JSON.stringify(wrong)));
    expect(message).toMatchObject({ usable: false, batch: "b1", positions, rejection: { code } });
  }
});

test("of a hundred readings one that is wrong is rejected alone, with the path of its fault", () => {
  const readings: unknown[] = Array.from({ length: 100 }, (_, n) => glucose(n));
  readings[37] = { ...glucose(37), sampleLocation: 5 };
  const message = readBatchMessage("gw-1", batchPayload("gw-1", "b1", readings.slice(0, 60)));
  if (!message.usable) throw new Error(message.rejection.reason);
  const wrong = message.verdicts.flatMap((verdict, position) => (verdict.ok ? [] : [{ position, ...verdict.error }]));
  expect(wrong).toEqual([
    { position: 37, code: "reading-invalid", reason: expect.stringMatching(/^sampleLocation: /) },
  ]);
});

test("each way for a reading to be wrong is refused, with the path of the fault and none of its values", () => {
  const cases: readonly (readonly [path: string, reading: unknown])[] = [
    ["kind", { ...glucose(1), kind: "weight" }],
    ["", { ...glucose(1), secret: "x" }],
    ["", null],
    ["id", { ...glucose(1), id: "not-a-uuid" }],
    ["revision", { ...glucose(1), revision: 0 }],
    ["concentration.value", { ...glucose(1), concentration: { value: "1e3", unit: "mg/dL" } }],
    ["concentration.value", { ...glucose(1), concentration: { value: 104, unit: "mg/dL" } }],
    ["concentration.unit", { ...glucose(1), concentration: { value: "104", unit: "mmHg" } }],
    ["frames.0.hex", { ...glucose(1), frames: [{ characteristic: "2A18", hex: "0B0" }] }],
    ["frames.0.hex", { ...glucose(1), frames: [{ characteristic: "2A18", hex: "0b" }] }],
    ["frames", { ...glucose(1), frames: [] }],
    ["person", { ...glucose(1), person: "somebody@example.org" }],
    ["time.measured", { ...glucose(1), time: { ...glucose(1).time, measured: "2026-02-30T00:00:00Z" } }],
    ["time.measured", { ...glucose(1), time: { ...glucose(1).time, basis: "unknown" } }],
    ["time.basis", { ...glucose(1), time: { ...glucose(1).time, measured: null } }],
    ["person", { ...glucose(1), controlSolution: true }],
    ["attribution.by", { ...glucose(1), attribution: { by: "none", reference: null } }],
    ["attribution.by", { ...glucose(1), person: null }],
    ["systolic.unit", { ...bloodPressure(1), systolic: { value: "16.0", unit: "kPa" } }],
  ];
  for (const [path, candidate] of cases) {
    const verdict = readReading(candidate);
    if (verdict.ok) throw new Error(`${path} was accepted`);
    expect(verdict.error.code).toBe("reading-invalid");
    expect(verdict.error.reason.startsWith(path === "" ? "" : `${path}: `)).toBe(true);
    expect(verdict.error.reason).not.toMatch(/example|1e3|0B0/);
  }
});

test("nobody's reading is valid if it is by nobody's word, or a test with control solution", () => {
  const unattributed = { person: null, attribution: { by: "none", reference: null } } as const;
  expect(readReading(glucose(1, unattributed)).ok).toBe(true);
  expect(readReading(bloodPressure(1, unattributed)).ok).toBe(true);
  expect(readReading(glucose(1, { ...unattributed, controlSolution: true })).ok).toBe(true);
  expect(readReading(glucose(1, { person: null, controlSolution: true })).ok).toBe(true);
});

test("an id is one id in upper and lower case", () => {
  const verdict = readReading(glucose(1, { id: "0190F3C0-ABCD-8000-8000-00000000000A" }));
  expect(verdict).toMatchObject({ ok: true, value: { id: "0190f3c0-abcd-8000-8000-00000000000a" } });
});

test("a name in a message cannot steer the terminal of whoever reads the reason", () => {
  const verdict = readReading({ ...glucose(1), ['\u001b[2J"\\evil\u0000é']: 1 });
  if (verdict.ok) throw new Error("it was accepted");
  expect(verdict.error.reason).toMatch(/^[\x20-\x7e]*$/);
  expect(verdict.error.reason).not.toMatch(/["\\]/);
  const long = readReading({ ...glucose(1), ["k".repeat(5000)]: 1 });
  expect(long.ok ? 0 : long.error.reason.length).toBe(512);
});
