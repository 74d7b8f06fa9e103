import { expect, onTestFinished, test } from "vitest";
import type { CommandResult } from "../../../../cloud-sync/contract/control.ts";
import { TwinLink } from "../../../../cloud-sync/mqtt/iot-hub/twin-link.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { keptLog } from "../../../doubles/kept-log.ts";

interface Question {
  readonly what: "get" | "patch";
  readonly rid: string;
  readonly body: unknown;
}

interface Hub {
  readonly clock: VirtualClock;
  readonly link: TwinLink;
  readonly questions: Question[];
  /** The ids of the commands that the twin gave. */
  readonly commands: string[];
  isGone: boolean;
  answerLast(status: number, payload?: unknown): Promise<void>;
}

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const result = (id: string, outcome: "done" | "failed"): CommandResult => ({
  v: 1,
  id,
  outcome,
  code: null,
  message: null,
  at: 0,
});

/** A link whose twin has been read: it wishes nothing yet. */
async function openLink(): Promise<Hub> {
  const clock = createVirtualClock(Date.UTC(2026, 3, 1));
  const questions: Question[] = [];
  const commands: string[] = [];
  const link = new TwinLink({
    clock,
    random: seededRandom(1),
    log: keptLog(),
    ask: (what, rid, body) => {
      if (hub.isGone) return Promise.reject(new Error("the socket is closed"));
      questions.push({ what, rid, body: body === "" ? null : JSON.parse(body) });
      return Promise.resolve();
    },
    command: (payload) => void commands.push(JSON.parse(new TextDecoder().decode(payload)).id),
  });
  const answerLast = async (status: number, payload: unknown = null): Promise<void> => {
    link.responded(questions.at(-1)?.rid ?? "", status, bytes(payload));
    await clock.settle();
  };
  const hub: Hub = { clock, link, questions, commands, isGone: false, answerLast };
  const over = new AbortController();
  void link.run(over.signal);
  onTestFinished(() => over.abort());
  await clock.settle();
  await answerLast(200, { desired: { $version: 1 } });
  return hub;
}

test("what became of a wish is told at once, also when the state is being told", async () => {
  const hub = await openLink();
  hub.link.report({ state: { backlog: 1 } });
  await hub.clock.settle();
  expect(hub.questions.at(-1)).toMatchObject({ what: "patch", body: { state: { backlog: 1 } } });
  hub.link.desiredChanged(bytes({ settings: { windowBatches: 5 }, $version: 2 }));
  expect(hub.link.finished(result(hub.commands[0] ?? "", "done"))).toBe(true);
  await hub.answerLast(204);
  await hub.clock.advance(100);
  expect(hub.questions.at(-1)).toMatchObject({ what: "patch", body: { settings: { ac: 200, av: 2 } } });
});

test("a twin that was read before a change does not take the change back, however late the hub's answer comes", async () => {
  const hub = await openLink();
  hub.link.fetch();
  await hub.clock.settle();
  hub.link.desiredChanged(bytes({ settings: { windowBatches: 6 }, $version: 2 }));
  const wished = [...hub.commands];
  expect(wished).toHaveLength(1);
  await hub.answerLast(200, { desired: { settings: { windowBatches: 5 }, $version: 1 } });
  hub.link.desiredChanged(bytes({ settings: { windowBatches: 5 }, $version: 1 }));
  await hub.clock.settle();
  expect(hub.commands).toEqual(wished);
});

test("what was missed while an outdated twin was on its way is read, and after a renewal any twin counts", async () => {
  const hub = await openLink();
  hub.link.fetch();
  await hub.clock.settle();
  hub.link.desiredChanged(bytes({ settings: { windowBatches: 7 }, $version: 3 }));
  await hub.answerLast(200, { desired: { settings: { windowBatches: 5 }, $version: 1 } });
  await hub.clock.advance(10_000);
  expect(hub.questions.filter(({ what }) => what === "get")).toHaveLength(3);
  await hub.answerLast(200, { desired: { settings: { windowBatches: 7, backfillSharePercent: 9 }, $version: 3 } });
  expect(hub.commands).toHaveLength(2);
  hub.link.renewed();
  await hub.clock.settle();
  await hub.answerLast(200, { desired: { settings: { windowBatches: 8 }, $version: 1 } });
  expect(hub.commands).toHaveLength(3);
});

test("a state waits until a minute has passed since the last report", async () => {
  const hub = await openLink();
  hub.link.report({ state: { backlog: 1 } });
  await hub.clock.settle();
  await hub.answerLast(204);
  hub.link.report({ state: { backlog: 2 } });
  await hub.clock.advance(59_000);
  expect(hub.questions.at(-1)).toMatchObject({ body: { state: { backlog: 1 } } });
  await hub.clock.advance(1_100);
  expect(hub.questions.at(-1)).toMatchObject({ body: { state: { backlog: 2 } } });
});

test.each(["429", "nobody answers", "the socket is closed"])("a report is told again: %s", async (why) => {
  const hub = await openLink();
  hub.isGone = why === "the socket is closed";
  hub.link.desiredChanged(bytes({ settings: { windowBatches: 5 }, $version: 2 }));
  hub.link.finished(result(hub.commands[0] ?? "", "failed"));
  await hub.clock.settle();
  if (why === "429") await hub.answerLast(429);
  if (why === "nobody answers") await hub.clock.advance(30_000);
  hub.isGone = false;
  const before = hub.questions.length;
  await hub.clock.advance(5_000);
  expect(hub.questions.length).toBe(before + 1);
  expect(hub.questions.at(-1)).toMatchObject({ what: "patch", body: { settings: { ac: 500, av: 2 } } });
});
