import { expect, test } from "vitest";
import { type Receipt, receipt, receiptIn } from "../../../cloud-sync/contract/delivery.ts";
import { createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import { createIngestor, type Ingestor } from "../../../cloud-sync/ingest/ingestor.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";
import { batchPayload, glucose } from "./sample-readings.ts";

interface Bench {
  readonly clock: VirtualClock;
  readonly sink: MemorySink;
  readonly log: KeptLog;
  readonly ingestor: Ingestor;
  readonly batch: (payload: Uint8Array) => Promise<Receipt | null>;
}

function bench(): Bench {
  const clock = createVirtualClock(1_750_000_000_000);
  const sink = createMemorySink({ clock });
  const log = keptLog();
  const ingestor = createIngestor({ sink, batcher: createBatcher(sink, clock), clock, log });
  const batch = async (payload: Uint8Array): Promise<Receipt | null> => {
    const answer = await ingestor.handlers.batch("gw-1", payload);
    return answer === null ? null : receiptIn(answer);
  };
  return { clock, sink, log, ingestor, batch };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (payload: Uint8Array): string => new TextDecoder().decode(payload);

test("a receipt is valid by the contract and speaks of every position once", async () => {
  const { batch, sink, ingestor } = bench();
  await batch(batchPayload("gw-1", "b0", [glucose(2)]));
  const readings = [glucose(1), glucose(2), { ...glucose(3), revision: -1 }, glucose(4)];
  const answer = await batch(batchPayload("gw-1", "b1", readings));
  expect(receipt.parse(answer)).toEqual({
    v: 1,
    batch: "b1",
    stored: [
      [0, 0],
      [3, 3],
    ],
    duplicate: [[1, 1]],
    rejected: [{ position: 2, code: "reading-invalid", reason: expect.stringMatching(/^revision: /) }],
    at: 1_750_000_000_000,
  });
  expect(await sink.counts()).toEqual({ readings: 3, deadLetters: 1 });
  expect(ingestor.counts()).toEqual({ messages: 2, stored: 3, duplicates: 1, rejected: 1, unusable: 0, failed: 0 });
});

test("a rejected reading is kept as it was written, not as it was understood", async () => {
  const { batch, sink } = bench();
  const wrong = '{"kind" : "weight", "value": 1.000e400, "big": 12345678901234567890}';
  const whole = `{"v":1,"batch":"b1","gateway":"gw-1","readings":[${JSON.stringify(glucose(1))}, ${wrong} ]}`;
  await batch(encode(whole));
  const [letter] = await sink.deadLetters({ afterId: 0, limit: 9 });
  expect(letter).toMatchObject({ gateway: "gw-1", code: "reading-invalid", receivedAt: 1_750_000_000_000 });
  expect(decode(letter?.payload ?? new Uint8Array())).toBe(wrong);
});

test("a message that is no batch is kept whole, and gets no receipt", async () => {
  const { batch, sink, ingestor } = bench();
  const garbage = Uint8Array.of(0, 255, 1, 254);
  expect(await batch(garbage)).toBeNull();
  expect(await batch(encode("{}"))).toBeNull();
  const letters = await sink.deadLetters({ afterId: 0, limit: 9 });
  expect(letters.map(({ code }) => code)).toEqual(["message-not-text", "envelope-invalid"]);
  expect(letters[0]?.payload).toEqual(garbage);
  expect(ingestor.counts()).toMatchObject({ messages: 2, unusable: 2, rejected: 0 });
});

test("a batch of another version is kept whole, and its receipt rejects every position", async () => {
  const { batch, sink } = bench();
  const payload = encode(JSON.stringify({ v: 2, batch: "b1", gateway: "gw-1", readings: [1, 2, 3] }));
  const answer = await batch(payload);
  expect(answer?.rejected.map(({ position, code }) => `${position} ${code}`)).toEqual([
    "0 envelope-version-unknown",
    "1 envelope-version-unknown",
    "2 envelope-version-unknown",
  ]);
  expect(await sink.counts()).toEqual({ readings: 0, deadLetters: 1 });
});

test("garbage that comes again is kept once", async () => {
  const { batch, sink } = bench();
  await batch(encode("garbage"));
  await batch(encode("garbage"));
  expect((await sink.counts()).deadLetters).toBe(1);
});

test("a sink that is down fails the batch, and once it is back the same batch is stored", async () => {
  const { batch, sink, ingestor } = bench();
  const payload = batchPayload("gw-1", "b1", [glucose(1)]);
  for (const code of ["sink-unavailable", "sink-full"] as const) {
    sink.faults.code = code;
    await expect(batch(payload)).rejects.toMatchObject({ code });
  }
  sink.faults.code = null;
  expect(await batch(payload)).toMatchObject({ stored: [[0, 0]] });
  expect(ingestor.counts()).toMatchObject({ failed: 2, stored: 1 });
});

test("no receipt is given while what was wrong is not kept either", async () => {
  const { batch, sink } = bench();
  const payload = batchPayload("gw-1", "b1", [glucose(1), { wrong: true }]);
  const keep = sink.keepDeadLetters.bind(sink);
  sink.keepDeadLetters = () => Promise.reject(new Error("dead letters cannot be kept"));
  await expect(batch(payload)).rejects.toThrow("dead letters cannot be kept");
  sink.keepDeadLetters = keep;
  expect(await batch(payload)).toMatchObject({ duplicate: [[0, 0]], rejected: [{ position: 1 }] });
});

test("a reading that the sink cannot store is a dead letter, and all others of its batch are stored", async () => {
  const { batch, sink } = bench();
  sink.faults.poison = ({ reading }) => reading.id === glucose(2).id;
  const answer = await batch(batchPayload("gw-1", "b1", [glucose(1), glucose(2), glucose(3)]));
  expect(answer).toMatchObject({
    stored: [
      [0, 0],
      [2, 2],
    ],
    rejected: [{ position: 1, code: "reading-unstorable" }],
  });
  expect(await sink.counts()).toEqual({ readings: 2, deadLetters: 1 });
});

test("listeners hear of readings that are new, after their commit, and of no others", async () => {
  const { batch, sink, ingestor } = bench();
  const heard: string[][] = [];
  const stop = ingestor.onCommitted((deliveries) => heard.push(deliveries.map(({ reading }) => reading.id)));
  await batch(batchPayload("gw-1", "b1", [glucose(1), glucose(2)]));
  await batch(batchPayload("gw-1", "b2", [glucose(2), glucose(3), { wrong: true }]));
  await batch(batchPayload("gw-1", "b3", [glucose(3)]));
  sink.faults.code = "sink-unavailable";
  await batch(batchPayload("gw-1", "b4", [glucose(4)])).catch(() => undefined);
  expect(heard).toEqual([[glucose(1).id, glucose(2).id], [glucose(3).id]]);
  stop();
  sink.faults.code = null;
  await batch(batchPayload("gw-1", "b4", [glucose(4)]));
  expect(heard).toHaveLength(2);
});

test("what is read and not yet committed is bounded: further messages wait unread, and then go through", async () => {
  const { batch, sink, ingestor, clock } = bench();
  const hold = Promise.withResolvers<void>();
  sink.faults.hold = hold.promise;
  const padded = (n: number): Uint8Array => {
    const payload = new Uint8Array(65_000).fill(0x20);
    payload.set(batchPayload("gw-1", `b${n}`, [glucose(n)]));
    return payload;
  };
  const work = Array.from({ length: 200 }, (_, n) => batch(padded(n)));
  await clock.advance(1000);
  expect(ingestor.counts().messages).toBe(Math.floor((8 * 2 ** 20) / 65_000));
  hold.resolve();
  await Promise.all(work);
  expect((await sink.counts()).readings).toBe(200);
});

test("a state is kept for its gateway, and one that is wrong or another's is not", () => {
  const { ingestor, log } = bench();
  const state = {
    v: 1,
    gateway: "gw-1",
    online: true,
    version: "0.1.0",
    bootId: "boot-1",
    backlog: 0,
    oldestUnsentAt: null,
    held: 0,
    clock: "trusted",
    alarm: null,
    at: 1,
  };
  ingestor.handlers.state("gw-1", encode(JSON.stringify(state)));
  ingestor.handlers.state("gw-2", encode(JSON.stringify(state)));
  ingestor.handlers.state("gw-3", encode("{}"));
  expect([...ingestor.states()]).toEqual([["gw-1", state]]);
  expect(log.lines.map(({ event, fields }) => [event, fields["gateway"]])).toEqual([
    ["ingest-state-invalid", "gw-2"],
    ["ingest-state-invalid", "gw-3"],
  ]);
});

test("no line of the log holds anything of a reading", async () => {
  const { batch, ingestor, log } = bench();
  const wrong = { ...glucose(1), person: "canary person", device: { ...glucose(1).device, serial: "canary-serial" } };
  await batch(batchPayload("gw-1", "b1", [wrong]));
  await batch(encode("canary"));
  ingestor.handlers.state("gw-1", encode("canary"));
  expect(log.lines.length).toBeGreaterThanOrEqual(3);
  expect(JSON.stringify(log.lines)).not.toContain("canary");
});
