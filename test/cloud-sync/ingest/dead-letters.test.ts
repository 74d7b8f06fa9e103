import { expect, test } from "vitest";
import { cloudEvent, sourceOfGateway } from "../../../cloud-sync/contract/cloud-event.ts";
import { listDeadLetters, replayDeadLetters } from "../../../cloud-sync/ingest/dead-letters.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";
import { batchPayload, glucose } from "./sample-readings.ts";

const clock = createVirtualClock(0);
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

async function sinkWith(letters: readonly (readonly [code: string, payload: Uint8Array])[]): Promise<MemorySink> {
  const sink = createMemorySink({ clock });
  const receivedAt = 1;
  await sink.keepDeadLetters(
    letters.map(([code, payload]) => ({ gateway: "gw-1", code, reason: "r", payload, receivedAt })),
  );
  return sink;
}

test("dead letters are listed with what to do about each", async () => {
  const sink = await sinkWith([
    ["reading-invalid", encode({})],
    ["of-a-later-version", encode([])],
  ]);
  const listed = await listDeadLetters(sink, { afterId: 0, limit: 10 });
  expect(listed.map(({ id, code }) => [id, code])).toEqual([
    [1, "reading-invalid"],
    [2, "of-a-later-version"],
  ]);
  for (const { remedy } of listed) expect(remedy.length).toBeGreaterThan(20);
  expect(await listDeadLetters(sink, { afterId: 2, limit: 10 })).toEqual([]);
});

test("a replay stores what is valid by now, and leaves what is not", async () => {
  const sink = await sinkWith([
    ["reading-invalid", encode(glucose(1))],
    ["reading-invalid", encode({ ...glucose(2), kind: "weight" })],
    ["reading-unstorable", encode(glucose(3))],
    ["message-not-json", new TextEncoder().encode("{")],
    ["event-invalid", encode({})],
  ]);
  await sink.commit([{ gateway: "gw-1", reading: glucose(3) }]);
  const report = await replayDeadLetters(sink, { clock });
  expect(report).toEqual({
    examined: 5,
    replayed: 2,
    stored: 1,
    duplicates: 1,
    remaining: [
      { id: 2, code: "reading-invalid", reason: expect.stringMatching(/^kind: /) },
      { id: 4, code: "message-not-json", reason: "not valid JSON" },
      { id: 5, code: "event-invalid", reason: expect.any(String) },
    ],
  });
  expect(await sink.counts()).toEqual({ readings: 2, deadLetters: 3 });
});

test("of a batch that has become readable the wrong readings become dead letters of their own", async () => {
  const payload = batchPayload("gw-1", "b1", [glucose(1), { wrong: 1.5 }, glucose(2)]);
  const sink = await sinkWith([["envelope-version-unknown", payload]]);
  expect(await replayDeadLetters(sink, { clock })).toMatchObject({
    examined: 1,
    replayed: 1,
    stored: 2,
    remaining: [],
  });
  const [left, ...others] = await sink.deadLetters({ afterId: 0, limit: 9 });
  expect(others).toEqual([]);
  expect(left).toMatchObject({ code: "reading-invalid" });
  expect(new TextDecoder().decode(left?.payload)).toBe('{"wrong":1.5}');
});

test("events of whatever letter, also one that an earlier version kept, find their place", async () => {
  const id = "0190f3c0-0000-8000-8000-00000000000A";
  const event = { v: 1, id, gateway: "gw-1", at: 7, event: { type: "tombstone", readingId: id, reason: "quota" } };
  const attributes = { kind: "events", id, source: sourceOfGateway("gw-1"), at: null } as const;
  const wrapped = cloudEvent(attributes, { ...event, id: id.replace("A", "b") });
  const sink = await sinkWith([
    ["event-unsupported", encode(event)],
    ["cloud-event-version-unknown", encode(wrapped)],
    ["cloud-event-type-unknown", encode({ ...wrapped, data: {} })],
  ]);
  const report = await replayDeadLetters(sink, { clock });
  expect(report).toMatchObject({ replayed: 2, stored: 2, remaining: [{ id: 3, code: "event-invalid" }] });
  const events = await sink.events({ afterPosition: 0, limit: 9 });
  expect(events.map((stored) => stored.id)).toEqual([id.toLowerCase(), id.replace("A", "b").toLowerCase()]);
});

test("a replay of some leaves the others alone", async () => {
  const sink = await sinkWith([1, 2, 3].map((n) => ["reading-invalid", encode(glucose(n))] as const));
  expect(await replayDeadLetters(sink, { clock, ids: [2, 99] })).toMatchObject({ examined: 1, replayed: 1, stored: 1 });
  expect((await sink.deadLetters({ afterId: 0, limit: 9 })).map(({ id }) => id)).toEqual([1, 3]);
});

test("a sink that fails midway loses nothing, and the next replay finishes", async () => {
  const sink = await sinkWith([1, 2, 3].map((n) => ["reading-invalid", encode(glucose(n))] as const));
  const remove = sink.removeDeadLetters.bind(sink);
  sink.removeDeadLetters = () => Promise.reject(new Error("died before the removal"));
  await expect(replayDeadLetters(sink, { clock })).rejects.toThrow("died before the removal");
  sink.removeDeadLetters = remove;
  expect(await replayDeadLetters(sink, { clock })).toMatchObject({ replayed: 3, stored: 0, duplicates: 3 });
  expect(await sink.counts()).toEqual({ readings: 3, deadLetters: 0 });
});

test("more dead letters than a page are all replayed", async () => {
  const sink = await sinkWith(Array.from({ length: 450 }, (_, n) => ["reading-invalid", encode(glucose(n))] as const));
  expect(await replayDeadLetters(sink, { clock })).toMatchObject({ examined: 450, replayed: 450, stored: 450 });
  expect(await sink.counts()).toEqual({ readings: 450, deadLetters: 0 });
});
