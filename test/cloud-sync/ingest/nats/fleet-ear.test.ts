import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, MsgCallback, NatsConnection } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { earSubjects, type FleetEar, openFleetEar } from "../../../../cloud-sync/ingest/nats/fleet-ear.ts";
import { keptLog, type KeptLog } from "../../../doubles/kept-log.ts";

interface Stage {
  readonly ear: FleetEar;
  readonly log: KeptLog;
  /** `topic first-byte`, as it was heard. */
  readonly heard: readonly string[];
  /** What lies in the stream up to this place is older than the ear. */
  readonly relyAfter: (streamSequence: number) => Promise<void>;
  readonly publish: (subject: string, octet: number) => void;
  readonly deny: (subject: string) => void;
}

/** A server that hands on what it is told to, to whoever is subscribed. */
function stage(): Stage {
  const log = keptLog();
  const heard: string[] = [];
  const callbacks = new Map<string, MsgCallback<Msg>>();
  const subscribe = (subject: string, { callback }: { readonly callback: MsgCallback<Msg> }): void =>
    void callbacks.set(subject, callback);
  const connection: Pick<NatsConnection, "subscribe"> = Object.assign(Object.create(null), { subscribe });
  const hear = (topic: string, [first = 0]: Uint8Array): void => void heard.push(`${topic} ${first}`);
  const ear = openFleetEar(connection, { hear, log });
  const callbackOf = (subject: string): MsgCallback<Msg> | undefined =>
    callbacks.get(subject.replace(/^carepost\.v1\.[^.]+/, "carepost.v1.*"));
  const message = (subject: string, octet: number): Msg =>
    Object.assign(Object.create(null), { subject, data: Uint8Array.of(octet) });
  return {
    ear,
    log,
    heard,
    relyAfter: async (last_seq) => {
      const streams = { info: () => Promise.resolve({ state: { last_seq } }) };
      const manager: JetStreamManager = Object.assign(Object.create(null), { streams });
      await ear.rely(manager);
    },
    publish: (subject, octet) => void callbackOf(subject)?.(null, message(subject, octet)),
    deny: (subject) => void callbackOf(subject)?.(new Error("Permissions Violation"), message("", 0)),
  };
}

const inStream = (seq: number, subject: string): { seq: number; subject: string } => ({
  seq,
  subject: `$MQTT.msgs.${subject}`,
});

test("states and results of all gateways are heard as they are published", () => {
  const { heard, publish } = stage();
  expect(earSubjects()).toEqual(["carepost.v1.*.state", "carepost.v1.*.results"]);
  publish("carepost.v1.gw//1.state", 1);
  publish("carepost.v1.gw-2.results", 2);
  expect(heard).toEqual(["carepost/v1/gw.1/state 1", "carepost/v1/gw-2/results 2"]);
});

test("what is stored after the ear was open has been heard, and what lay there before has not", async () => {
  const { ear, relyAfter } = stage();
  expect(ear.covers(inStream(5, "carepost.v1.gw-1.state"))).toBe(false);
  await relyAfter(10);
  expect(ear.covers(inStream(10, "carepost.v1.gw-1.state"))).toBe(false);
  expect(ear.covers(inStream(11, "carepost.v1.gw-1.state"))).toBe(true);
});

test("a state that lay there does not hide a later one that was heard before it, and a result is never passed over", async () => {
  const { ear, publish, relyAfter } = stage();
  publish("carepost.v1.gw-1.state", 1);
  publish("carepost.v1.gw-1.results", 2);
  await relyAfter(10);
  publish("carepost.v1.gw-2.state", 3);
  expect(ear.covers(inStream(7, "carepost.v1.gw-1.state"))).toBe(true);
  expect(ear.covers(inStream(8, "carepost.v1.gw-2.state"))).toBe(true);
  expect(ear.covers(inStream(9, "carepost.v1.gw-3.state"))).toBe(false);
  expect(ear.covers(inStream(10, "carepost.v1.gw-1.results"))).toBe(false);
});

test("who may not subscribe hears what is pulled, and the log says so once", async () => {
  const { ear, log, publish, deny, relyAfter } = stage();
  publish("carepost.v1.gw-1.state", 1);
  await relyAfter(10);
  for (const subject of earSubjects()) deny(subject);
  expect(ear.covers(inStream(7, "carepost.v1.gw-1.state"))).toBe(false);
  expect(ear.covers(inStream(11, "carepost.v1.gw-1.state"))).toBe(false);
  expect(log.lines.map(({ event }) => event)).toEqual(["ingest-hears-its-share"]);
});
