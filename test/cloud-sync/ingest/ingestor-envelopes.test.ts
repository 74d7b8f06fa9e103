import { CloudEvent as ForeignEvent } from "cloudevents";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cloudEvent, isCloudEvent, sourceOfGateway } from "../../../cloud-sync/contract/cloud-event.ts";
import { encodeReceipt, receipt, receiptIn, type ReceiptMessage } from "../../../cloud-sync/contract/delivery.ts";
import type { TopicKind } from "../../../cloud-sync/contract/topics.ts";
import { createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import { createIngestor, type Ingestor } from "../../../cloud-sync/ingest/ingestor.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";
import { batchPayload, bloodPressure, glucose } from "./sample-readings.ts";

interface Bench {
  readonly sink: MemorySink;
  readonly ingestor: Ingestor;
  readonly log: KeptLog;
  readonly batch: (payload: Uint8Array) => Promise<ReceiptMessage | null>;
  /** The codes of the dead letters. */
  readonly codes: () => Promise<readonly string[]>;
}

function bench(): Bench {
  const clock = createVirtualClock(1_750_000_000_000);
  const sink = createMemorySink({ clock });
  const log = keptLog();
  const ingestor = createIngestor({ sink, batcher: createBatcher(sink, clock), clock, log, name: "test-1" });
  return {
    log,
    sink,
    ingestor,
    batch: (payload) => ingestor.handlers.batch("gw-1", payload),
    codes: async () => (await sink.deadLetters({ afterId: 0, limit: 99 })).map(({ code }) => code),
  };
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const wrapped = (kind: TopicKind, data: unknown, gateway = "gw-1"): Readonly<Record<string, unknown>> => ({
  ...cloudEvent({ kind, id: "m-1", source: sourceOfGateway(gateway), at: null }, data),
});

const batchOf = (batch: string, readings: readonly unknown[]): object => ({ v: 1, batch, gateway: "gw-1", readings });

test("a batch in a CloudEvent gets its receipt in one, and a plain one a plain one", async () => {
  const { batch, sink } = bench();
  const answers = [
    await batch(encode(wrapped("readings", batchOf("b1", [glucose(1)])))),
    await batch(encode(wrapped("readings", batchOf("b1", [glucose(1)])))),
    await batch(batchPayload("gw-1", "b2", [glucose(2)])),
  ];
  const [first, second, plain] = answers.flatMap((answer) => (answer === null ? [] : [encodeReceipt(answer)]));
  const parsed = [first, second].map((message) => JSON.parse(new TextDecoder().decode(message?.payload)));
  for (const value of parsed) expect(new ForeignEvent(value).validate()).toBe(true);
  const common = { source: "/ingestors/test-1", type: "org.carepost.receipts.v1", subject: "b1" };
  expect(parsed).toMatchObject([
    { ...common, id: "1", time: "2025-06-15T15:06:40.000Z", data: { stored: [[0, 0]] } },
    { ...common, id: "2", data: { duplicate: [[0, 0]] } },
  ]);
  expect(first?.contentType).toBe("application/cloudevents+json; charset=utf-8");
  expect(plain?.contentType).toBe("application/json");
  expect(receipt.parse(JSON.parse(new TextDecoder().decode(plain?.payload)))).toMatchObject({ batch: "b2" });
  expect((await sink.counts()).readings).toBe(2);
});

test("both forms of any batch come to the same readings, dead letters and receipt", async () => {
  const any = fc.oneof(
    fc.integer({ min: 1, max: 99 }).map((n) => glucose(n)),
    fc.integer({ min: 1, max: 99 }).map((n) => bloodPressure(n)),
    fc.jsonValue({ maxDepth: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: 1, maxLength: 5 }), async (readings) => {
      const [one, other] = [bench(), bench()];
      const plain = await one.batch(batchPayload("gw-1", "b1", readings));
      const event = await other.batch(encode(wrapped("readings", batchOf("b1", readings))));
      expect([plain, event].map((answer) => answer !== null && isCloudEvent(answer))).toEqual([false, true]);
      expect(event === null ? null : receiptIn(event)).toEqual(plain);
      const query = { afterPosition: 0, limit: 99 };
      expect(await other.sink.readings(query)).toEqual(await one.sink.readings(query));
      const letters = { afterId: 0, limit: 99 };
      expect(await other.sink.deadLetters(letters)).toEqual(await one.sink.deadLetters(letters));
    }),
    { seed: 20_261_122 },
  );
});

test("a rejected reading of a CloudEvent is kept as it was written, also where data stands twice", async () => {
  const { batch, sink } = bench();
  const wrong = '{"kind" : "weight", "value": 1.000e400, "big": 12345678901234567890}';
  const head = JSON.stringify(wrapped("readings", 0)).slice(0, -1);
  await batch(new TextEncoder().encode(`${head} , "data" : {"readings": [${wrong}], ${batchText}}}`));
  const [letter] = await sink.deadLetters({ afterId: 0, limit: 9 });
  expect(letter).toMatchObject({ code: "reading-invalid" });
  expect(new TextDecoder().decode(letter?.payload)).toBe(wrong);
});

const batchText = '"v":1,"batch":"b1","gateway":"gw-1"';

test("a wrong envelope is kept whole under its code, and rejects the positions that can be read, in its form", async () => {
  const data = batchOf("b1", [glucose(1), glucose(2)]);
  const cases: readonly (readonly [code: string, message: object])[] = [
    ["cloud-event-version-unknown", { ...wrapped("readings", data), specversion: "2.0" }],
    ["cloud-event-type-unknown", wrapped("events", data)],
    ["cloud-event-source-mismatch", wrapped("readings", data, "gw-2")],
    ["cloud-event-data-foreign", { ...wrapped("readings", data), datacontenttype: "text/plain" }],
    ["cloud-event-invalid", { ...wrapped("readings", data), id: "" }],
    ["envelope-gateway-mismatch", wrapped("readings", { ...data, gateway: "gw-2" })],
    ["envelope-version-unknown", wrapped("readings", { ...data, v: 2 })],
  ];
  for (const [code, message] of cases) {
    const { batch, sink, codes } = bench();
    const payload = encode(message);
    const answer = await batch(payload);
    expect(answer).toMatchObject({ specversion: "1.0", data: { batch: "b1", rejected: [{ code }, { code }] } });
    expect(await codes()).toEqual([code]);
    expect((await sink.deadLetters({ afterId: 0, limit: 1 }))[0]?.payload).toEqual(payload);
  }
  const { batch, codes } = bench();
  expect(await batch(encode({ ...wrapped("readings", data), data: undefined }))).toBeNull();
  expect(await codes()).toEqual(["cloud-event-data-missing"]);
});

test("a state and a result are heard in either form, under the gateway's own source alone", () => {
  const { ingestor, log } = bench();
  const state = (gateway: string): object => ({
    v: 1,
    gateway,
    online: true,
    version: "0.1.0",
    bootId: "boot",
    backlog: 0,
    oldestUnsentAt: null,
    held: 0,
    clock: "trusted",
    alarm: null,
    at: 1,
  });
  ingestor.handlers.state("gw-1", encode(wrapped("state", state("gw-1"))));
  ingestor.handlers.state("gw-2", encode(state("gw-2")));
  ingestor.handlers.state("gw-3", encode(wrapped("state", state("gw-3"), "gw-1")));
  expect([...ingestor.states().keys()]).toEqual(["gw-1", "gw-2"]);
  const result = { v: 1, id: "c-1", outcome: "done", code: null, message: null, at: 1 };
  ingestor.handlers.result("gw-1", encode(wrapped("results", result)));
  ingestor.handlers.result("gw-1", encode(wrapped("state", result)));
  expect(log.lines.map(({ event, fields }) => [event, fields["code"]])).toEqual([
    ["ingest-state-invalid", "cloud-event-source-mismatch"],
    ["ingest-command-result", undefined],
    ["ingest-result-invalid", "cloud-event-type-unknown"],
  ]);
});
