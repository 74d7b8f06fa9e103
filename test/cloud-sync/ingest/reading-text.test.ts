import * as fc from "fast-check";
import { expect, test } from "vitest";
import { reading as readingSchema } from "../../../cloud-sync/contract/reading.ts";
import { readBatchMessage, readReading } from "../../../cloud-sync/ingest/batch-message.ts";
import { readingAt, recordOf } from "../../../cloud-sync/ingest/reading-text.ts";
import { anyReading } from "../fhir/reading-arbitrary.ts";
import { bloodPressure, glucose } from "./sample-readings.ts";

/** As a gateway writes them: the contract's own order, which is that of its schema. */
const text = anyReading.map((reading) => JSON.stringify(readingSchema.parse(reading)));

const edit = fc.record({
  at: fc.nat({ max: 4_000 }),
  removed: fc.nat({ max: 3 }),
  added: fc.oneof(
    fc.constantFrom(
      '"',
      "\\",
      ",",
      ",,",
      "}",
      "{",
      "[",
      "]",
      ":",
      "-",
      "0",
      "e9",
      ".",
      "\n",
      " ",
      "\u0000",
      "null",
      "T",
      "F",
    ),
    fc.constantFrom('"person":"sim-9",', '\\"', "\\u0000", '"x":1,', '"readings":[', "]}", "]}}", '"v":1,', "é", "€"),
    fc.constant(""),
  ),
});
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

const edited = (whole: string, edits: readonly Edit[]): string =>
  edits.reduce((now, { at, removed, added }) => {
    const from = at % (now.length + 1);
    return now.slice(0, from) + added + now.slice(from + removed);
  }, whole);

test("what a gateway sends is taken as it is exactly where it is valid", () => {
  fc.assert(
    fc.property(text, (written) => {
      const verdict = readReading(JSON.parse(written));
      const record = readingAt(`[${written}]`, 1);
      expect(record).toEqual(verdict.ok ? recordOf({ gateway: "gw-1", reading: verdict.value }) : null);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test("whatever is taken would be taken the long way, and be written the same", () => {
  let taken = 0;
  fc.assert(
    fc.property(text, fc.array(edit, { minLength: 1, maxLength: 3 }), (written, edits) => {
      const record = readingAt(edited(written, edits), 0);
      if (record === null) return;
      taken += 1;
      const verdict = readReading(JSON.parse(record.text));
      expect(verdict.ok && recordOf({ gateway: "gw-1", reading: verdict.value })).toEqual(record);
    }),
    { seed: 2, numRuns: 4_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

/** What is said of a message, with the readings as values. */
function said(message: string): unknown {
  const read = readBatchMessage("gw-1", new TextEncoder().encode(message));
  if (!read.usable) return read;
  return read.verdicts.map((verdict) => (verdict.ok ? [verdict.value.gateway, verdict.value.reading] : verdict));
}

/** With a space that only the long way bears. */
const theLongWay = (message: string): string => message.replaceAll('"readings":[', '"readings": [');

test("a message means the same whichever way it is read", () => {
  const batch = fc
    .array(text, { minLength: 1, maxLength: 3 })
    .map((some) => `{"v":1,"batch":"b1","gateway":"gw-1","readings":[${some.join(",")}]}`);
  const event = batch.map(
    (data) =>
      `{"specversion":"1.0","id":"b1","source":"/gateways/gw-1","type":"org.carepost.readings.v1","data":${data}}`,
  );
  fc.assert(
    fc.property(fc.oneof(batch, event), fc.array(edit, { maxLength: 2 }), (message, edits) => {
      const changed = edited(message, edits);
      expect(said(changed)).toEqual(said(theLongWay(changed)));
    }),
    { seed: 3, numRuns: 2_000 },
  );
});

test("readings that are not those of the batch are not taken for them", () => {
  const [one, other] = [JSON.stringify(glucose(1)), JSON.stringify(bloodPressure(2))];
  const head = '"specversion":"1.0","id":"b1","source":"/gateways/gw-1","type":"org.carepost.readings.v1"';
  const batch = (readings: string): string => `"v":1,"batch":"b1","gateway":"gw-1",${readings}`;
  const messages = [
    `{${head},"readings":[${other}],"data":{${batch(`"readings":[${one}]`)}}}`,
    `{${head},"x":{"readings":[${other}]},"data":{${batch('"readings":["\\u0000"]')}}}`,
    `{${head},"data":{${batch('"readings":["\\u0000"]')}},"x":{"readings":[${other}]}}`,
    `{${batch(`"readings":[${other}],"readings":[${one}]`)}}`,
    `{${batch(`"readings":[${other}],"readings":["\\u0000"]`)}}`,
    `{"x\\"readings":[${other}],${batch(`"readings":[${one}]`)}}`,
  ];
  for (const message of messages) expect(said(message)).toEqual(said(theLongWay(message)));
});

test("an id that is not written as a sink has it, and a contradiction, go the long way", () => {
  expect(readingAt(JSON.stringify(glucose(1)), 0)?.id).toBe(glucose(1).id);
  expect(readingAt(JSON.stringify(glucose(1, { id: glucose(1).id.toUpperCase() })), 0)).toBeNull();
  expect(readingAt(JSON.stringify(glucose(1, { person: null })), 0)).toBeNull();
  expect(readingAt(JSON.stringify(glucose(1, { controlSolution: true })), 0)).toBeNull();
});
