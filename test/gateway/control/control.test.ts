import { statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connectControl, type ControlClient } from "../../../gateway/control/control-client.ts";
import { controlPart } from "../../../gateway/control/control-part.ts";
import { controlPath } from "../../../gateway/control/control-path.ts";
import { defaultWindowOptions } from "../../../gateway/pairing/pairing-window.ts";
import { pairingErrors } from "../../../gateway/radio/pairing-error.ts";
import { codeOf } from "../../contracts/gatt-stage.ts";
import { never, scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import { keptLog, type KeptLog } from "../../doubles/kept-log.ts";
import { type DeskRig, deskRig, meter } from "../pairing/desk-rig.ts";
import { temporaryFolder } from "../store/store-rig.ts";

interface Served {
  readonly rig: DeskRig;
  readonly path: string;
  readonly log: KeptLog;
  readonly forgotten: readonly string[];
  readonly notes: readonly unknown[];
  readonly client: () => Promise<ControlClient>;
  readonly stop: () => Promise<void>;
}

async function served(path = controlPath(join(temporaryFolder(), "store.db"))): Promise<Served> {
  const rig = await deskRig();
  const log = keptLog();
  const forgotten: string[] = [];
  const notes: unknown[] = [];
  const stopping = new AbortController();
  const part = controlPart({
    path,
    log,
    desk: rig.desk,
    forget: async (deviceId) => {
      forgotten.push(deviceId);
      return { wasKnown: true, key: "removed" };
    },
    withdraw: async (person) => ({ withdrawn: [`of ${person}`], removed: 3, notHeld: [] }),
    note: async (action, subject) => void notes.push({ action, subject }),
    state: () => ({
      gateway: "gw-0001",
      version: "1",
      radio: "virtual",
      adapter: "virtual",
      condition: "up",
      silentMs: 0,
      pairing: ["just-works"],
      windowIsOpen: rig.desk.isOpen,
    }),
  });
  const running = part.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  const client = async (): Promise<ControlClient> => {
    const found = await expect
      .poll(() => connectControl(path))
      .not.toBeNull()
      .then(() => connectControl(path));
    if (found === null) throw new Error("nobody serves the socket");
    onTestFinished(() => found.close());
    return found;
  };
  return { rig, path, log, forgotten, notes, client, stop };
}

const unheard = new AbortController().signal;

test("it tells the gateway's state and forgets a device, and only its own user can open it", async () => {
  const { client, path, forgotten } = await served();
  const control = await client();
  expect(await control.state()).toMatchObject({ gateway: "gw-0001", windowIsOpen: false });
  expect(await control.forget("system-id:X")).toEqual({ type: "forgotten", wasKnown: true, key: "removed" });
  expect(forgotten).toEqual(["system-id:X"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a device is paired through the socket: candidates come, questions are answered, and the window closes", async () => {
  const { client, rig } = await served();
  const control = await client();
  const dialogue = scriptedDialogue({ passkey: () => 19_254 });
  rig.radio.exchange = async (asked, signal) => {
    asked.showPasskey(42, 0);
    expect([await asked.confirmPasskey(7, signal), await asked.authorise(signal)]).toEqual([true, true]);
    expect([await asked.enterPin(signal), await asked.enterPasskey(signal)]).toEqual(["0000", 19_254]);
  };
  const window = await control.openWindow(defaultWindowOptions, dialogue, unheard);
  expect((await control.state()).windowIsOpen).toBe(true);
  await rig.clock.advance(1_000);
  const shown = window.candidates(unheard)[Symbol.asyncIterator]();
  expect((await shown.next()).value).toMatchObject([{ address: meter, driver: "glucose" }]);
  const pairing = window.pair({ address: meter, forgetsKey: false });
  await expect.poll(() => rig.radio.keys.has(meter)).toBe(true);
  await expect.poll(() => rig.clock.advance(31_000).then(() => rig.desk.isOpen)).toBe(false);
  expect(await pairing).toMatchObject({ address: meter, method: "passkey-entry", look: null });
  expect(dialogue.asked).toEqual(["show 42", "confirm 7", "authorise", "pin", "enter"]);
});

test("a withdrawal and a note of an export cross, and a pairing is noted by itself", async () => {
  const { client, rig, notes } = await served();
  const control = await client();
  expect(await control.withdraw("sim-0001")).toEqual({ type: "withdrawn", consents: ["of sim-0001"], removed: 3 });
  const exported = { action: "readings-exported", subject: { person: "sim-0001", state: null } } as const;
  await control.noteExport(exported);
  const window = await control.openWindow(defaultWindowOptions, scriptedDialogue(), unheard);
  await rig.clock.advance(1_000);
  const pairing = window.pair({ address: meter, forgetsKey: false });
  await expect.poll(() => rig.clock.advance(31_000).then(() => rig.desk.isOpen)).toBe(false);
  await pairing;
  const subject = { device: meter, method: "passkey-entry", forgetsKey: false };
  expect(notes).toEqual([exported, { action: "device-paired", subject }]);
});

test("failures cross with their code and their remedy", async () => {
  const { client, rig } = await served();
  const control = await client();
  rig.radio.exchange = () => Promise.reject(pairingErrors.make("pairing-wrong-passkey", "they differ"));
  const window = await control.openWindow(defaultWindowOptions, scriptedDialogue(), unheard);
  await rig.clock.advance(1_000);
  await expect(window.pair({ address: meter, forgetsKey: false })).rejects.toMatchObject({
    code: "pairing-wrong-passkey",
    message: "they differ",
    remedy: expect.stringContaining("six digits"),
  });
  const second = (await client()).openWindow(defaultWindowOptions, scriptedDialogue(), unheard);
  expect(await codeOf(second)).toBe("pairing-window-taken");
  await window.close();
  expect(rig.desk.isOpen).toBe(false);
});

test("a conversation that ends takes its window and its question with it", async () => {
  const { client, rig } = await served();
  const control = await client();
  const asked = Promise.withResolvers<AbortSignal>();
  rig.radio.exchange = async (dialogue, signal) => {
    asked.resolve(signal);
    await dialogue.enterPasskey(signal);
  };
  const dialogue = scriptedDialogue({ passkey: () => never() });
  const window = await control.openWindow(defaultWindowOptions, dialogue, unheard);
  await rig.clock.advance(1_000);
  const pairing = window.pair({ address: meter, forgetsKey: false });
  const signal = await asked.promise;
  control.close();
  expect(await codeOf(pairing)).toBe("control-lost");
  await expect.poll(() => signal.aborted).toBe(true);
  expect(rig.desk.isOpen).toBe(false);
});

test("when the gateway ends, whoever waits is told", async () => {
  const { client, rig, stop } = await served();
  const control = await client();
  const window = await control.openWindow(defaultWindowOptions, scriptedDialogue(), unheard);
  rig.radio.near.clear();
  const pairing = window.pair({ address: "C0:FF:EE:00:00:07", forgetsKey: false });
  const outcome = codeOf(pairing);
  await control.state();
  await stop();
  expect(await outcome).toBe("control-lost");
  expect(await codeOf(control.state())).toBe("control-lost");
});

test.each([
  ["nonsense", "hello\n"],
  ["another version", '{"v":2,"id":1,"op":"state"}\n'],
  ["an unknown field", '{"v":1,"id":1,"op":"state","as":"root"}\n'],
  ["an endless line", "x".repeat(300_000)],
])("%s ends the conversation, and no other", async (_, octets) => {
  const { client, path } = await served();
  const control = await client();
  const socket = connect(path);
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(octets);
  await closed;
  expect((await control.state()).gateway).toBe("gw-0001");
});

test("a socket that a killed gateway has left behind is replaced, and goes when the gateway ends", async () => {
  const path = controlPath(join(temporaryFolder(), "store.db"));
  writeFileSync(path, "");
  const { client, stop } = await served(path);
  expect((await (await client()).state()).version).toBe("1");
  await stop();
  expect(await connectControl(path)).toBeNull();
  expect(() => statSync(path)).toThrow("ENOENT");
});

test("a gateway that cannot serve the socket goes on without it, and says so", async () => {
  const { log, stop } = await served(join(temporaryFolder(), "absent", "store.db.sock"));
  await expect.poll(() => log.lines).toMatchObject([{ level: "warn", event: "control-unavailable" }]);
  await stop();
});
