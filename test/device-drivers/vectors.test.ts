import { expect, test } from "vitest";
import { decodeCharacteristic } from "../../device-drivers/characteristics.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { DecodedFields, FieldValue } from "../../device-drivers/kit/decoded-fields.ts";
import { decimalText } from "../../device-drivers/measurement/decimal.ts";
import { camelCase, frameVectors, octets, vectors, type Vector } from "./vectors.ts";

for (const { id, characteristic, bytes, direction, expected } of frameVectors.filter(({ valid }) => valid === true)) {
  test(`${id} means what its source says`, () => {
    const decoded = decodeCharacteristic(characteristic, bytes, direction);
    if (!decoded.ok) throw new Error(decoded.error.reason);
    const names = Object.keys(expected);
    const shown = names.map((name) => [name, plain(decoded.value[camelCase(name)])]);
    expect(Object.fromEntries(shown)).toEqual(expected);
  });
}

for (const { id, characteristic, bytes, direction, expected } of frameVectors.filter(({ valid }) => valid === false)) {
  test(`${id} is rejected whole, with a reason`, () => {
    const decoded = decodeCharacteristic(characteristic, bytes, direction);
    expect(decoded).toMatchObject({
      ok: false,
      error: { kind: expected["error"], reason: expect.stringMatching(/\S/) },
    });
  });
}

test("the vectors say of every frame whether it is to be taken or to be rejected", () => {
  expect(frameVectors.length).toBeGreaterThan(120);
  expect(frameVectors.filter(({ valid }) => valid === undefined)).toEqual([]);
});

for (const vector of vectors.filter(({ session }) => session !== undefined)) {
  test(`${vector.id} reads as its source says, frame by frame`, () => {
    const seen = readSession(vector);
    const wanted = Object.entries(vector.expected).map(([name, value]) => [camelCase(name), value]);
    expect(seen).toMatchObject(Object.fromEntries(wanted));
  });
}

/** What a session amounts to, counted from its frames alone. */
function readSession({ session = [] }: Vector): Record<string, unknown> {
  const decoded = session.flatMap(({ op, char, hex }) =>
    char === undefined || hex === undefined ? [] : [fieldsOf(op, char, hex)],
  );
  const records = decoded.filter((fields) => "glucoseMgDl" in fields);
  const pressures = decoded.filter((fields) => "systolic" in fields);
  const failed = pressures.filter((fields) => plainValue(fields["systolic"]) === null);
  const last = decoded.at(-1) ?? {};
  return {
    readings: pressures.length - failed.length,
    errors: failed.length,
    records: records.length,
    firstGlucoseMgDl: plain(records[0]?.["glucoseMgDl"]),
    numberOfRecords: last["numberOfRecords"],
    result: last["responseCode"],
    attError: session.find(({ att_error: code }) => code !== undefined)?.att_error,
  };
}

function fieldsOf(op: string, characteristic: string, hex: string): DecodedFields {
  const decoded = decodeCharacteristic(characteristic, octets(hex), op === "write" ? "tx" : "rx");
  if (decoded.ok) return decoded.value;
  // The one thing that is written wrong on purpose: an operand that the operator does not take.
  expect({ op, hex, fault: decoded.error }).toMatchObject({ op: "write", fault: { field: "Operand" } });
  return {};
}

/** A field as the vectors write it: numbers as JSON numbers. */
function plain(value: FieldValue | undefined): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  if ("mantissa" in value) return Number(decimalText(value));
  return "unit" in value ? { ...value, value: plain(value.value) } : value;
}

function plainValue(value: FieldValue | undefined): unknown {
  const shown = plain(value);
  return typeof shown === "object" && shown !== null && "value" in shown ? shown.value : shown;
}

test("every frame vector is written the way frames are logged", () => {
  for (const { hex, bytes } of frameVectors) expect(toHex(bytes)).toBe(hex);
});
