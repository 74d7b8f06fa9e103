import { expect, test } from "vitest";
import { createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import { deadLetterDesk } from "../../../cloud-sync/ingest/dead-letter-desk.ts";
import {
  type IngestObserver,
  observedHandlers,
  observedSink,
  type ObservedBatch,
} from "../../../cloud-sync/ingest/ingest-observer.ts";
import { createIngestor } from "../../../cloud-sync/ingest/ingestor.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";
import { batchPayload, glucose } from "./sample-readings.ts";

interface Rig {
  readonly memory: MemorySink;
  readonly told: string[];
  readonly batches: ObservedBatch[];
  readonly send: (payload: Uint8Array) => Promise<unknown>;
  readonly sendState: (state: object) => void;
  readonly desk: ReturnType<typeof deadLetterDesk>;
}

function rig(): Rig {
  const clock = createVirtualClock(1_800_000_000_000);
  const log = keptLog();
  const told: string[] = [];
  const batches: ObservedBatch[] = [];
  const observer: IngestObserver = {
    onState: (gateway, { backlog }) => told.push(`state ${gateway} ${backlog}`),
    onArrival: () => told.push("arrival"),
    onBatch: (gateway, batch) => {
      told.push(`batch ${gateway} ${batch.outcome}`);
      batches.push(batch);
    },
    onCommit: ({ readings, isDone }) => told.push(`commit ${readings} ${isDone ? "done" : "failed"}`),
    onDeadLetters: (letters) => told.push(`letters ${letters.map(({ code }) => code).join()}`),
    onRefusal: () => undefined,
  };
  const memory = createMemorySink({ clock });
  const sink = observedSink(memory, observer, clock);
  const batcher = createBatcher(sink, clock);
  const ingestor = createIngestor({
    sink,
    batcher,
    clock,
    log,
    onState: (gateway, state) => observer.onState(gateway, state),
  });
  const handlers = observedHandlers(ingestor.handlers, observer, clock);
  return {
    memory,
    told,
    batches,
    send: (payload) => handlers.batch("gw-1", payload),
    sendState: (state) => handlers.state("gw-1", new TextEncoder().encode(JSON.stringify(state))),
    desk: deadLetterDesk({ sink, batcher, clock, log }),
  };
}

test("an observer is told of a batch's arrival, commit and receipt, with what became of each reading", async () => {
  const { send, told, batches } = rig();
  await send(batchPayload("gw-1", "b1", [glucose(1), glucose(2), { wrong: true }]));
  expect(told).toEqual(["arrival", "commit 2 done", "letters reading-invalid", "batch gw-1 receipted"]);
  await send(batchPayload("gw-1", "b2", [glucose(1)]));
  expect(batches).toMatchObject([
    { stored: 2, duplicates: 0, rejected: 1 },
    { stored: 0, duplicates: 1, rejected: 0 },
  ]);
});

test("a message that is no batch is unanswered, one that cannot be committed has failed, and both still end", async () => {
  const { send, told, memory } = rig();
  await send(new TextEncoder().encode("hello"));
  memory.faults.code = "sink-unavailable";
  await expect(send(batchPayload("gw-1", "b1", [glucose(1)]))).rejects.toThrow("as the test ordered");
  expect(told.filter((line) => !line.startsWith("letters"))).toEqual([
    "arrival",
    "batch gw-1 unanswered",
    "arrival",
    "commit 1 failed",
    "batch gw-1 failed",
  ]);
});

test("a reading that cannot be stored does not count as a commit that failed", async () => {
  const { send, told, memory } = rig();
  memory.faults.poison = ({ reading }) => reading.sequenceNumber === 2;
  await send(batchPayload("gw-1", "b1", [glucose(1), glucose(2)]));
  expect(told).not.toContain("commit 2 failed");
  expect(told).toContain("letters reading-unstorable");
});

test("only a state that is valid and the gateway's own is told", () => {
  const { sendState, told } = rig();
  const valid = {
    v: 1,
    gateway: "gw-1",
    online: true,
    version: "1",
    bootId: "b",
    backlog: 3,
    oldestUnsentAt: null,
    held: 0,
    clock: "trusted",
    alarm: null,
    at: 1,
  };
  sendState(valid);
  sendState({ ...valid, gateway: "gw-2" });
  sendState({ hello: "world" });
  expect(told).toEqual(["state gw-1 3"]);
});

test("dead letters are replayed in the ingestor that runs, by id, by code, and one replay at a time", async () => {
  const { send, memory, desk } = rig();
  memory.faults.poison = () => true;
  await send(batchPayload("gw-1", "b1", [glucose(1), glucose(2), glucose(3)]));
  await send(new TextEncoder().encode("hello"));
  memory.faults.poison = () => false;
  expect(await desk.replay({ ids: [2, 999] })).toMatchObject({ examined: 1, replayed: 1, stored: 1, remaining: [] });
  const first = desk.replay({ code: "reading-unstorable" });
  await expect(desk.replay({})).rejects.toMatchObject({ code: "replay-under-way" });
  expect(await first).toMatchObject({ examined: 2, replayed: 2, stored: 2 });
  expect(await desk.replay({})).toMatchObject({ examined: 1, replayed: 0, remaining: [{ code: "message-not-json" }] });
  expect(await memory.counts()).toEqual({ readings: 3, deadLetters: 1 });
  await desk.stop();
  await expect(desk.replay({})).rejects.toMatchObject({ code: "ingest-stopped" });
});

test("a replay that meets a sink which is down loses nothing and may be tried again", async () => {
  const { send, memory, desk } = rig();
  memory.faults.poison = () => true;
  await send(batchPayload("gw-1", "b1", [glucose(1)]));
  memory.faults.poison = () => false;
  memory.faults.code = "sink-unavailable";
  await expect(desk.replay({})).rejects.toMatchObject({ code: "sink-unavailable" });
  memory.faults.code = null;
  expect(await memory.counts()).toEqual({ readings: 0, deadLetters: 1 });
  expect(await desk.replay({})).toMatchObject({ replayed: 1, stored: 1 });
});
