import { expect, test } from "vitest";
import type { Receipt } from "../../../../cloud-sync/contract/delivery.ts";
import { Intake, type StreamMessage } from "../../../../cloud-sync/ingest/nats/intake.ts";
import { messagesPrefix, subjectOfTopic } from "../../../../cloud-sync/ingest/nats/subject.ts";
import type { SourceHandlers } from "../../../../cloud-sync/ingest/source.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../../doubles/kept-log.ts";

const receipt: Receipt = { v: 1, batch: "b", stored: [[0, 0]], duplicate: [], rejected: [], at: 1 };

test("a slow commit is worked on as far as the server knows, but not for ever", async () => {
  const commit = Promise.withResolvers<null>();
  const { intake, clock } = rig({ batch: () => commit.promise });
  const told = message("gw-1/readings");
  const over = new AbortController();
  const alive = intake.keepAlive(over.signal);
  intake.take(told.message);
  await clock.advance(39_000);
  expect(told.said).toEqual(Array.from({ length: 9 }, () => "working"));
  await clock.advance(3_600_000);
  expect(told.said).toHaveLength(15);
  commit.resolve(null);
  await intake.settled();
  expect(told.said.at(-1)).toBe("ack");
  over.abort();
  await alive;
});

test("what could not be committed comes again later, not at once, and there is no receipt", async () => {
  const { intake, log, replies } = rig({ batch: () => Promise.reject(new Error("the sink is down")) });
  const told = message("gw-1/readings");
  intake.take(told.message);
  await intake.settled();
  expect(told.said).toEqual(["nak 3750"]);
  expect(replies).toEqual([]);
  expect(log.lines.map(({ event }) => event)).toEqual(["ingest-message-not-taken"]);
});

test("the acknowledgement and the receipt follow the commit, also where nobody hears the acknowledgement", async () => {
  const { intake, replies } = rig({ batch: async () => receipt });
  const deaf = message("gw-1/readings", () => {
    throw new RangeError("closed connection");
  });
  intake.take(deaf.message);
  await intake.settled();
  expect(replies).toEqual([`gw-1 ${JSON.stringify(receipt)}`]);
});

test("no more is asked for while too much is under way", async () => {
  const commit = Promise.withResolvers<null>();
  const { intake } = rig({ batch: () => commit.promise });
  const { signal } = new AbortController();
  await intake.room(signal);
  intake.take(message("gw-1/readings").message);
  intake.take(message("gw-2/readings").message);
  let isRoom = false;
  const room = intake.room(signal).then(() => (isRoom = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isRoom).toBe(false);
  await intake.room(AbortSignal.abort());
  commit.resolve(null);
  await room;
  expect(isRoom).toBe(true);
});

test("canaries are answered on their ingestor's receipts; what is nobody's is acknowledged and has no effect", async () => {
  const handed: string[] = [];
  const note = async (gateway: string): Promise<null> => (handed.push(gateway), null);
  const { intake, replies } = rig({ batch: note });
  const others = ["ingestor-2/readings", "gw-1/commands", "gw-1/receipts", "gw-1/nonsense", "gw-1/a/b"].map((topic) =>
    message(topic),
  );
  for (const { message: other } of others) intake.take(other);
  await intake.settled();
  expect(replies).toEqual(["ingestor-2 payload"]);
  expect(handed).toEqual([]);
  expect(others.map(({ said }) => said)).toEqual(others.map(() => ["ack"]));
});

interface Rig {
  readonly intake: Intake;
  readonly clock: VirtualClock;
  readonly log: ReturnType<typeof keptLog>;
  readonly replies: string[];
}

function rig(changes: Partial<SourceHandlers>): Rig {
  const replies: string[] = [];
  const [clock, log] = [createVirtualClock(0), keptLog()];
  const nothing = { event: async () => null, state: () => undefined, result: () => undefined };
  const handlers = { batch: async () => null, ...nothing, ...changes };
  const reply = (gateway: string, payload: Uint8Array): void => {
    replies.push(`${gateway} ${Buffer.from(payload).toString()}`);
  };
  const limits = { signOfLifeMs: 4000, holdMaxMs: 60_000, againAfterMs: 5000, bytesUnderWayMax: 1e6 };
  const intake = new Intake({ handlers, clock, log, reply, random: () => 0.5 }, { ...limits, messagesUnderWayMax: 2 });
  return { intake, clock, log, replies };
}

function message(
  topic: string,
  onSaid: () => void = () => undefined,
): { readonly message: StreamMessage; readonly said: string[] } {
  const said: string[] = [];
  const say = (what: string): void => {
    said.push(what);
    onSaid();
  };
  return {
    said,
    message: {
      subject: messagesPrefix + subjectOfTopic(`carepost/v1/${topic}`),
      data: new TextEncoder().encode("payload"),
      ack: () => say("ack"),
      nak: (delayMs) => say(`nak ${delayMs}`),
      working: () => say("working"),
    },
  };
}
