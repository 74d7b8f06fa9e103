import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cloudEvent, sourceOfGateway } from "../../../cloud-sync/contract/cloud-event.ts";
import { createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import { readEventMessage } from "../../../cloud-sync/ingest/event-message.ts";
import { createIngestor, type Ingestor } from "../../../cloud-sync/ingest/ingestor.ts";
import { rejections } from "../../../cloud-sync/ingest/rejection.ts";
import type { EventDelivery, Sink } from "../../../cloud-sync/ingest/sink.ts";
import { ingestErrors } from "../../../cloud-sync/ingest/ingest-error.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";

const id = "0190f3c0-0000-8000-8000-00000000000a";
const tombstone = { type: "tombstone", readingId: id, reason: "quota" };
const eventOf = (event: unknown, changes: object = {}): object => ({
  v: 1,
  id,
  gateway: "gw-1",
  at: 7,
  event,
  ...changes,
});

function bench(change: (sink: MemorySink) => Sink = (sink) => sink): { sink: Sink; ingestor: Ingestor } {
  const clock = createVirtualClock(1_750_000_000_000);
  const sink = change(createMemorySink({ clock }));
  return { sink, ingestor: createIngestor({ sink, batcher: createBatcher(sink, clock), clock, log: keptLog() }) };
}

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const all = { afterPosition: 0, limit: 99 };

test("an event is committed once, whichever form it comes in and however often", async () => {
  const { sink, ingestor } = bench();
  const attributes = { kind: "events", id, source: sourceOfGateway("gw-1"), at: null, subject: "tombstone" } as const;
  await ingestor.handlers.event("gw-1", encode(eventOf(tombstone)));
  const again = encode(cloudEvent(attributes, eventOf(tombstone, { id: id.toUpperCase() })));
  expect(await ingestor.handlers.event("gw-1", again)).toMatchObject({
    source: expect.stringContaining("/ingestors/"),
    data: { v: 1, events: [id] },
  });
  expect(await sink.events(all)).toEqual([
    {
      gateway: "gw-1",
      id,
      type: "tombstone",
      at: 7,
      body: JSON.stringify(eventOf(tombstone)),
      position: 1,
      committedAt: 1_750_000_000_000,
    },
  ]);
  expect((await sink.counts()).deadLetters).toBe(0);
});

test("an event of a type that nobody knows yet is kept whole, to the digit", async () => {
  const { sink, ingestor } = bench();
  const text = `{"v":1,"id":"${id}","gateway":"gw-1","at":7, "event":{"type":"device-lent", "big":12345678901234567890, "x":[[]]}}`;
  const head = JSON.stringify(cloudEvent({ kind: "events", id, source: sourceOfGateway("gw-1"), at: null }, 0));
  await ingestor.handlers.event("gw-1", encode(`${head.slice(0, -"0}".length)}${text}}`));
  expect(await sink.events(all)).toMatchObject([{ type: "device-lent", body: text }]);
});

test("what is no event of the contract is kept as a dead letter that says why", async () => {
  const { sink, ingestor } = bench();
  const wrong: readonly (readonly [code: string, reason: RegExp, message: unknown])[] = [
    ["message-not-json", /JSON/, "garbage"],
    ["event-invalid", /^event/, eventOf({ ...tombstone, reason: "whim" })],
    ["event-invalid", /^event/, eventOf({ ...tombstone, more: 1 })],
    ["event-invalid", /^event/, eventOf({ type: "Not A Name" })],
    ["event-invalid", /^event/, eventOf(null)],
    ["event-invalid", /^v: /, eventOf(tombstone, { v: 2 })],
    ["event-invalid", /^id: /, eventOf(tombstone, { id: "1" })],
    ["event-gateway-mismatch", /^gateway: /, eventOf(tombstone, { gateway: "gw-2" })],
    [
      "cloud-event-source-mismatch",
      /^source: /,
      cloudEvent({ kind: "events", id, source: sourceOfGateway("gw-2"), at: null }, eventOf(tombstone)),
    ],
    ["message-too-large", /bytes/, "x".repeat(65_537)],
  ];
  for (const [, , message] of wrong) await ingestor.handlers.event("gw-1", encode(message));
  const letters = await sink.deadLetters({ afterId: 0, limit: 99 });
  expect(letters.map(({ code, reason }) => [code, reason])).toEqual(
    wrong.map(([code, reason]) => [code, expect.stringMatching(reason)]),
  );
  expect(await sink.events(all)).toEqual([]);
  expect(ingestor.counts()).toMatchObject({ unusable: wrong.length, failed: 0 });
});

test("an event is not acknowledged while the sink is down", async () => {
  const memory = createMemorySink({ clock: createVirtualClock(0) });
  const { ingestor } = bench(() => memory);
  memory.faults.code = "sink-unavailable";
  const taken = ingestor.handlers.event("gw-1", encode(eventOf(tombstone)));
  await expect(taken).rejects.toMatchObject({ code: "sink-unavailable" });
  memory.faults.code = null;
  await ingestor.handlers.event("gw-1", encode(eventOf(tombstone)));
  expect(await memory.events(all)).toHaveLength(1);
});

test("an event that the sink will never take is a dead letter, and the gateway may let go of it", async () => {
  const { sink, ingestor } = bench((memory) =>
    Object.assign(memory, {
      commitEvents: () => Promise.reject(ingestErrors.make("sink-data-refused", "as the test ordered")),
    }),
  );
  await ingestor.handlers.event("gw-1", encode(eventOf(tombstone)));
  expect(await sink.deadLetters({ afterId: 0, limit: 9 })).toMatchObject([{ code: "event-unstorable" }]);
});

test("whatever comes on the topic is either an event or has a code: nothing throws, and nothing else is taken", () => {
  const attributes = { kind: "events", id, source: sourceOfGateway("gw-1"), at: null } as const;
  const near = fc.record({ v: fc.constant(1), id: fc.constant(id), gateway: fc.constant("gw-1"), at: fc.integer() });
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.jsonValue().map(encode),
    fc.tuple(near, fc.jsonValue()).map(([rest, event]) => encode({ ...rest, event })),
    fc.tuple(near, fc.jsonValue()).map(([rest, event]) => encode(cloudEvent(attributes, { ...rest, event }))),
    fc.tuple(near, fc.object()).map(([rest, event]) => encode({ ...rest, event: { ...event, type: "later" } })),
  );
  let taken = 0;
  fc.assert(
    fc.property(message, (payload) => {
      const read = readEventMessage("gw-1", payload);
      if (read.ok) taken += 1;
      const known = Object.keys(rejections.table);
      const isSound = read.ok ? isWhole(read.value) : known.some((code) => code === read.error.code);
      expect(isSound).toBe(true);
    }),
    { seed: 20_261_122, numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(20);
});

function isWhole({ type, body }: EventDelivery): boolean {
  const said = JSON.parse(body);
  return said.v === 1 && said.id === id && said.event.type === type;
}

test("an event is answered in its own form, also one that is wrong, if it says which it is", async () => {
  const { sink, ingestor } = bench();
  const plain = encode(eventOf(tombstone));
  expect(await ingestor.handlers.event("gw-1", plain)).toEqual({ v: 1, events: [id], at: 1_750_000_000_000 });
  const other = "0190f3c0-0000-8000-8000-00000000000b";
  const wrong = encode(eventOf({ type: "tombstone" }, { id: other }));
  expect(await ingestor.handlers.event("gw-1", wrong)).toMatchObject({ events: [other] });
  expect(await ingestor.handlers.event("gw-1", encode({ v: 1, event: {} }))).toBeNull();
  expect(await ingestor.handlers.event("gw-1", Uint8Array.of(0xff))).toBeNull();
  expect((await sink.counts()).deadLetters).toBe(3);
});

test("an event that could not be committed is answered by nobody", async () => {
  const { sink, ingestor } = bench((memory) => {
    memory.faults.code = "sink-unavailable";
    return memory;
  });
  await expect(ingestor.handlers.event("gw-1", encode(eventOf(tombstone)))).rejects.toMatchObject({
    code: "sink-unavailable",
  });
  expect(await sink.events(all)).toEqual([]);
});
