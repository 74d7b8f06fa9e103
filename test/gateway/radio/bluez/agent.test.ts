import { expect, test } from "vitest";
import { PairingAgent, untold, type AgentWindow } from "../../../../gateway/radio/bluez/agent.ts";
import type { ServedMethods } from "../../../../gateway/radio/bluez/bluez-bus.ts";
import type { BluezObjects, ObjectChange } from "../../../../gateway/radio/bluez/bluez-objects.ts";
import {
  type DialogueScript,
  never,
  scriptedDialogue,
  type ScriptedDialogue,
} from "../../../contracts/scripted-dialogue.ts";

const daemon = ":1.7";
const device = "/org/bluez/hci0/dev_C0_FF_EE_00_00_01";
const other = "/org/bluez/hci0/dev_C0_FF_EE_00_00_02";

interface Rig {
  readonly agent: PairingAgent;
  /** What bluetoothd was asked, in order. */
  readonly calls: readonly string[];
  /** Calls a method of the agent, as bluetoothd does. */
  readonly ask: (member: string, body: readonly unknown[], sender?: string) => Promise<unknown>;
  readonly tell: (change: ObjectChange) => void;
}

function rig(): Rig {
  const calls: string[] = [];
  const served: { methods: ServedMethods } = { methods: {} };
  const listeners: ((change: ObjectChange) => void)[] = [];
  const bus: BluezObjects["bus"] = {
    call: async ({ member, body }) => {
      calls.push([member, ...(body ?? []).slice(1)].join(" "));
      return [];
    },
    serve: (_path, _name, methods) => {
      served.methods = methods;
      return () => {
        served.methods = {};
      };
    },
    onSignal: () => () => undefined,
    ended: new AbortController().signal,
    close: () => Promise.resolve(),
  };
  const objects: BluezObjects = {
    bus,
    daemon: "up",
    owner: daemon,
    get: () => null,
    children: () => [],
    watch: (listener) => {
      listeners.push(listener);
      return () => undefined;
    },
    until: () => never(),
    close: () => undefined,
  };
  const agent = new PairingAgent(objects, "hci0");
  return {
    agent,
    calls,
    ask: async (member, body, sender = daemon) => {
      const method = served.methods[member];
      if (method === undefined) throw new Error(`the agent has no ${member}`);
      return await method.run(body, sender);
    },
    tell: (change) => listeners.forEach((listener) => listener(change)),
  };
}

interface Opened extends Rig {
  readonly window: AgentWindow;
  readonly dialogue: ScriptedDialogue;
  readonly stop: AbortController;
}

function opened(script: DialogueScript = {}): Opened {
  const dialogue = scriptedDialogue(script);
  const stop = new AbortController();
  const made = rig();
  const window = { device, dialogue, signal: stop.signal, story: untold() };
  made.agent.open(window);
  return { ...made, window, dialogue, stop };
}

const refusal = { name: "org.bluez.Error.Rejected" };

const questions = [
  ["RequestPasskey", []],
  ["RequestPinCode", []],
  ["RequestConfirmation", [123_456]],
  ["RequestAuthorization", []],
  ["DisplayPasskey", [123_456, 0]],
  ["DisplayPinCode", ["123456"]],
  ["AuthorizeService", ["1812"]],
] as const;

test.each(questions)("outside a window %s is refused", async (member, rest) => {
  const { ask } = rig();
  await expect(ask(member, [device, ...rest])).rejects.toMatchObject(refusal);
});

test.each(questions)("%s of another device than the window's is refused, and asks nobody", async (member, rest) => {
  const { ask, dialogue } = opened();
  await expect(ask(member, [other, ...rest])).rejects.toMatchObject(refusal);
  expect(dialogue.asked).toEqual([]);
});

test.each(questions)("%s by somebody who is not bluetoothd is refused, and asks nobody", async (member, rest) => {
  const { ask, dialogue } = opened();
  await expect(ask(member, [device, ...rest], ":1.66")).rejects.toMatchObject(refusal);
  expect(dialogue.asked).toEqual([]);
});

test("within a window the person is asked, and the story tells which method it was", async () => {
  const { ask, dialogue, window } = opened({ passkey: () => 19_254 });
  expect(await ask("RequestPasskey", [device])).toEqual([19_254]);
  expect(window.story).toEqual({ method: "passkey-entry", wasRefused: false, isWaiting: false });
  expect(await ask("RequestConfirmation", [device, 7])).toEqual([]);
  expect(window.story.method).toBe("numeric-comparison");
  expect(await ask("RequestAuthorization", [device])).toEqual([]);
  expect(await ask("RequestPinCode", [device])).toEqual(["0000"]);
  expect(await ask("DisplayPasskey", [device, 42, 3])).toEqual([]);
  expect(await ask("DisplayPinCode", [device, "000042"])).toEqual([]);
  expect(dialogue.asked).toEqual(["enter", "confirm 7", "authorise", "pin", "show 42", "show 42"]);
});

test("a service of ours is given to nobody, within a window either", async () => {
  await expect(opened().ask("AuthorizeService", [device, "1812"])).rejects.toMatchObject(refusal);
});

test("no, and a passkey that is none, refuse; and the story says so", async () => {
  const no = opened({ authorises: false, passkey: () => 1_000_000 });
  await expect(no.ask("RequestAuthorization", [device])).rejects.toMatchObject(refusal);
  expect(no.window.story.wasRefused).toBe(true);
  await expect(no.ask("RequestPasskey", [device])).rejects.toMatchObject(refusal);
});

test("when bluetoothd cancels, the question is taken back, and the story shows that it was open", async () => {
  const { ask, dialogue, window } = opened({ passkey: () => never() });
  const waiting = ask("RequestPasskey", [device]);
  await ask("Cancel", []);
  await expect(waiting).rejects.toMatchObject(refusal);
  expect(dialogue.signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(window.story).toMatchObject({ wasRefused: false, isWaiting: true });
});

test("an answer that comes after the window was shut is no answer", async () => {
  const answer = Promise.withResolvers<number>();
  const { ask, agent, dialogue } = opened({ passkey: () => answer.promise });
  const waiting = ask("RequestPasskey", [device]);
  agent.shut();
  answer.resolve(123_456);
  await expect(waiting).rejects.toMatchObject(refusal);
  expect(dialogue.signals[0]?.aborted).toBe(true);
  await expect(ask("RequestPasskey", [device])).rejects.toMatchObject(refusal);
});

test("a window whose signal is aborted refuses", async () => {
  const { ask, stop, dialogue } = opened();
  stop.abort();
  await expect(ask("RequestAuthorization", [device])).rejects.toMatchObject(refusal);
  expect(dialogue.asked).toEqual([]);
});

test("it becomes the default agent anew for each capability, and with each new bluetoothd", async () => {
  const { agent, calls, tell } = rig();
  await agent.register("keyboard-display");
  tell({ type: "daemon", daemon: "down" });
  tell({ type: "daemon", daemon: "up" });
  await agent.register("display-yes-no");
  expect(calls).toEqual([
    "UnregisterAgent",
    "RegisterAgent KeyboardDisplay",
    "RequestDefaultAgent",
    "UnregisterAgent",
    "RegisterAgent NoInputNoOutput",
    "RequestDefaultAgent",
    "UnregisterAgent",
    "RegisterAgent DisplayYesNo",
    "RequestDefaultAgent",
  ]);
});
