import { expect, test } from "vitest";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { PairingChoice, PairingWindow } from "../../../gateway/pairing/pairing-window.ts";
import { pairingErrors } from "../../../gateway/radio/pairing-error.ts";
import { codeOf } from "../../contracts/gatt-stage.ts";
import { never, scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import { cuff, type DeskRig, deskRig, meter } from "./desk-rig.ts";

const open = ({ desk }: DeskRig, options: Parameters<DeskRig["desk"]["open"]>[0] = {}): PairingWindow =>
  desk.open(options, scriptedDialogue({ passkey: () => 123_456 }), new AbortController().signal);

const pair = ({ clock }: DeskRig, window: PairingWindow, choice: Partial<PairingChoice> = {}) =>
  clock.runUntil(window.pair({ address: meter, forgetsKey: false, ...choice }));

test("a device that is near is paired, its bond is kept, and the window closes", async () => {
  const rig = await deskRig();
  const window = open(rig);
  expect(await pair(rig, window)).toEqual({
    address: meter,
    name: "Meter",
    method: "passkey-entry",
    forgetsKey: false,
    look: null,
  });
  expect(rig.desk.isOpen).toBe(false);
  expect(await rig.store.bonds()).toMatchObject([{ address: meter, state: "bonded", method: "passkey-entry" }]);
  expect(rig.events).toMatchObject([{ type: "bond", state: "bonded", told: "Meter is paired." }]);
  expect(await codeOf(window.pair({ address: meter, forgetsKey: false }))).toBe("pairing-window-closed");
});

const hidden = "4F:FF:EE:00:00:01";

test("a device that hides its address is paired under it, and known by its identity from then on", async () => {
  const rig = await deskRig();
  rig.watch();
  rig.radio.near.set(hidden, -50);
  rig.radio.identities.set(hidden, meter);
  const noted = await rig.keeper.begin(hidden, null, AbortSignal.timeout(5_000));
  const wantsPairing = { addressKind: "random-private" } as const;
  await noted.end({ failure: null, bonded: false, deviceId: null, name: "Meter", wantsPairing });
  expect(await rig.store.bonds()).toMatchObject([{ address: hidden, state: "none" }]);
  const paired = await pair(rig, open(rig), { address: hidden });
  await rig.clock.settle();
  expect(paired).toMatchObject({ address: meter, method: "passkey-entry" });
  expect(await rig.store.bonds()).toMatchObject([{ address: meter, state: "bonded", method: "passkey-entry" }]);
  expect(rig.events.map((event) => event.type === "bond" && event.told)).toEqual([
    "Meter gives its readings to nobody whom it is not paired with. Pair it: `carepost devices pair`.",
    "Meter is paired.",
  ]);
  expect(rig.keeper.isTaken(meter) || rig.keeper.isTaken(hidden)).toBe(false);
});

/** A device that hides its address, and is paired with us: it is heard by its identity. */
async function hidingDevice(): Promise<DeskRig> {
  const rig = await deskRig();
  rig.watch();
  rig.radio.near.clear();
  rig.radio.near.set(hidden, -50);
  rig.radio.identities.set(hidden, meter);
  await pair(rig, open(rig), { address: hidden });
  expect([...rig.radio.near.keys()]).toEqual([meter]);
  return rig;
}

test("a device that hides its address is paired again by its identity, at the first try", async () => {
  const rig = await hidingDevice();
  await expect(pair(rig, open(rig))).resolves.toMatchObject({ address: meter });
  await rig.clock.settle();
  expect(rig.radio.requests.map(({ address }) => address)).toEqual([hidden, hidden]);
  expect(await rig.store.bonds()).toMatchObject([{ address: meter, state: "bonded" }]);
  expect(rig.events.map((event) => event.type === "bond" && event.told)).toEqual([
    "Meter is paired.",
    "Meter is paired again, and is read as before.",
  ]);
  expect(rig.collector.slice(2)).toEqual([
    `let go ${meter} 1 taken`,
    `let go ${hidden} 1 taken`,
    `expect ${meter} 2 free`,
  ]);
  expect(rig.keeper.isTaken(meter) || rig.keeper.isTaken(hidden)).toBe(false);
});

test("a new pairing that fails is told of as a key that is gone, and tried again whichever address is named", async () => {
  const rig = await hidingDevice();
  const { exchange } = rig.radio;
  rig.radio.exchange = () => Promise.reject(pairingErrors.make("pairing-wrong-passkey", "wrong"));
  const window = open(rig);
  expect(await codeOf(pair(rig, window))).toBe("pairing-wrong-passkey");
  expect(await rig.store.bonds()).toMatchObject([{ address: meter, state: "lost" }]);
  expect(rig.events.at(-1)).toMatchObject({ state: "lost", told: expect.stringContaining("old key is gone") });
  expect(await codeOf(pair(rig, window))).toBe("pairing-wrong-passkey");
  rig.radio.exchange = exchange;
  await expect(pair(rig, window, { address: hidden })).resolves.toMatchObject({ address: meter });
  expect(await rig.store.bonds()).toMatchObject([{ address: meter, state: "bonded" }]);
});

test("another device like it that is paired in its place is let go again, and told of as another", async () => {
  const rig = await hidingDevice();
  rig.radio.exchange = async () => void rig.radio.identities.set(hidden, cuff);
  expect(await codeOf(pair(rig, open(rig)))).toBe("pairing-refused");
  expect([...rig.radio.keys]).toEqual([]);
  expect(await rig.store.bonds()).toMatchObject([{ address: meter, state: "lost" }]);
});

test("of two like it that come in its place none is taken", async () => {
  const rig = await hidingDevice();
  const strange = "4F:FF:EE:00:00:02";
  rig.radio.identities.set(strange, cuff);
  const forget = rig.radio.forget.bind(rig.radio);
  rig.radio.forget = (address) => {
    rig.radio.near.set(strange, -50);
    return forget(address);
  };
  expect(await codeOf(pair(rig, open(rig)))).toBe("device-absent");
  expect(rig.radio.requests).toHaveLength(1);
});

test("a device whose old key was forgotten, and that is not heard any more, is absent soon", async () => {
  const rig = await deskRig();
  await pair(rig, open(rig));
  const forget = rig.radio.forget.bind(rig.radio);
  rig.radio.forget = (address) => {
    rig.radio.near.clear();
    return forget(address);
  };
  const startedMs = rig.clock.monotonicMs();
  expect(await codeOf(pair(rig, open(rig)))).toBe("device-absent");
  expect(rig.clock.monotonicMs() - startedMs).toBeLessThan(20_000);
});

test("a device that was near when its old key was forgotten is paired, though it is heard less well then", async () => {
  const rig = await deskRig();
  await pair(rig, open(rig));
  const forget = rig.radio.forget.bind(rig.radio);
  rig.radio.forget = (address) => {
    rig.radio.near.set(meter, -80);
    return forget(address);
  };
  await expect(pair(rig, open(rig))).resolves.toMatchObject({ address: meter });
});

test("the collector lets go of the device before it is paired, and expects it as soon as it is free again", async () => {
  const rig = await deskRig();
  await pair(rig, open(rig));
  expect(rig.collector).toEqual([`let go ${meter} 0 taken`, `expect ${meter} 1 free`]);
});

test("there is one window at a time, and the next may open when it has closed", async () => {
  const rig = await deskRig();
  const first = open(rig);
  expect(() => open(rig)).toThrow(expect.objectContaining({ code: "pairing-window-taken" }));
  await first.close();
  expect(await codeOf(first.pair({ address: meter, forgetsKey: false }))).toBe("pairing-window-closed");
  await expect(pair(rig, open(rig))).resolves.toMatchObject({ address: meter });
});

test("a window closes in its time, and takes back what was being asked", async () => {
  const rig = await deskRig();
  const dialogue = scriptedDialogue({ passkey: () => never() });
  rig.radio.exchange = async (asked, signal) => {
    const refused = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([asked.enterPasskey(signal), refused]);
  };
  const window = rig.desk.open({}, dialogue, new AbortController().signal);
  expect(await codeOf(pair(rig, window))).toBe("pairing-timeout");
  expect(rig.clock.monotonicMs()).toBeGreaterThanOrEqual(120_000);
  expect(dialogue.signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(await rig.store.bonds()).toEqual([]);
});

test.each(["to be chosen", "that was named"] as const)(
  "a window that waits for a device %s says soon that there is no radio to hear it with",
  async (which) => {
    const rig = await deskRig();
    rig.radio.isAway = true;
    const window = open(rig);
    const waiting = which === "that was named" ? codeOf(pair(rig, window)) : null;
    await rig.clock.advance(20_000);
    expect(window.ended()).toMatchObject({ code: "adapter-absent" });
    expect(rig.desk.isOpen).toBe(false);
    expect(await (waiting ?? codeOf(pair(rig, window)))).toBe("adapter-absent");
  },
);

test("a connection that somebody has left is nobody who is near, and no sign that the radio hears", async () => {
  const rig = await deskRig();
  rig.radio.leftConnected = cuff;
  const window = open(rig);
  const lists: string[][] = [];
  void (async () => {
    for await (const list of window.candidates(new AbortController().signal))
      lists.push(list.map(({ address }) => address));
  })();
  await rig.clock.advance(1_000);
  expect(lists).toEqual([[], [meter]]);
  await window.close();
  rig.radio.isAway = true;
  const deaf = open(rig);
  await rig.clock.advance(20_000);
  expect(deaf.ended()).toMatchObject({ code: "adapter-absent" });
});

test("a window outlasts a radio that is away for a moment", async () => {
  const rig = await deskRig();
  rig.radio.isAway = true;
  const window = open(rig);
  await rig.clock.advance(10_000);
  rig.radio.isAway = false;
  await expect(pair(rig, window)).resolves.toMatchObject({ address: meter });
});

test("whoever opened it can close it", async () => {
  const rig = await deskRig();
  const stop = new AbortController();
  const window = rig.desk.open({}, scriptedDialogue(), stop.signal);
  stop.abort();
  expect(rig.desk.isOpen).toBe(false);
  expect(await codeOf(window.pair({ address: meter, forgetsKey: false }))).toBe("pairing-window-closed");
});

test("a device below the signal floor is not paired; it is when it has come near", async () => {
  const rig = await deskRig();
  rig.radio.near.set(meter, -80);
  const window = open(rig);
  expect(await codeOf(pair(rig, window))).toBe("device-signal-weak");
  expect(rig.radio.requests).toEqual([]);
  rig.radio.near.set(meter, -60);
  await rig.clock.advance(500);
  await expect(pair(rig, window)).resolves.toMatchObject({ address: meter });
});

test("a device that is not heard yet is waited for", async () => {
  const rig = await deskRig();
  rig.radio.near.clear();
  const window = open(rig);
  const pairing = window.pair({ address: meter, forgetsKey: false });
  await rig.clock.advance(30_000);
  expect(rig.radio.requests).toEqual([]);
  rig.radio.near.set(meter, -50);
  await expect(rig.clock.runUntil(pairing)).resolves.toMatchObject({ address: meter });
});

test("after a failure the window is still open, for the same device and no other", async () => {
  const rig = await deskRig();
  const { exchange } = rig.radio;
  rig.radio.near.set(cuff, -50);
  rig.radio.exchange = () => Promise.reject(pairingErrors.make("pairing-wrong-passkey", "wrong"));
  const window = open(rig);
  expect(await codeOf(pair(rig, window))).toBe("pairing-wrong-passkey");
  expect(await codeOf(pair(rig, window, { address: cuff }))).toBe("pairing-window-taken");
  rig.radio.exchange = exchange;
  await expect(pair(rig, window)).resolves.toMatchObject({ address: meter });
  expect(rig.radio.requests.map(({ address }) => address)).toEqual([meter, meter]);
});

test("a device that is being read is paired when its session is over", async () => {
  const rig = await deskRig();
  const giveBack = rig.keeper.turns.tryTake(meter);
  const pairing = open(rig).pair({ address: meter, forgetsKey: false });
  await rig.clock.advance(5_000);
  expect(rig.radio.requests).toEqual([]);
  giveBack?.();
  await expect(rig.clock.runUntil(pairing)).resolves.toMatchObject({ address: meter });
});

test("a connection that somebody still has to the device is waited out", async () => {
  const rig = await deskRig();
  const { exchange } = rig.radio;
  rig.radio.exchange = async (dialogue, signal) => {
    if (rig.radio.requests.length < 3) throw gattErrors.make("connect-refused", "busy");
    await exchange(dialogue, signal);
  };
  await expect(pair(rig, open(rig))).resolves.toMatchObject({ address: meter });
});

test("a device that forgets its key is paired by Just Works, and never one that was paired with a passkey", async () => {
  const rig = await deskRig();
  await pair(rig, open(rig));
  const window = open(rig);
  expect(await codeOf(pair(rig, window, { forgetsKey: true }))).toBe("forgets-key-refused");
  rig.radio.exchange = async (dialogue, signal) => {
    await dialogue.authorise(signal);
  };
  rig.radio.near.set(cuff, -50);
  await expect(pair(rig, window, { address: cuff, forgetsKey: true })).resolves.toMatchObject({
    forgetsKey: true,
    method: "just-works",
  });
  expect(rig.radio.requests.at(-1)).toEqual({ address: cuff, io: "no-input-no-output" });
});

test("those that are near are shown, those that a driver reads first, and the strongest of these", async () => {
  const rig = await deskRig();
  rig.radio.near.set(cuff, -40);
  const stop = new AbortController();
  const shown = open(rig).candidates(stop.signal)[Symbol.asyncIterator]();
  await shown.next();
  const { value } = await rig.clock.runUntil(shown.next());
  expect(value).toMatchObject([
    { address: cuff, driver: "glucose", rssiDbm: -40, isNear: true },
    { address: meter, driver: "glucose", rssiDbm: -50, isNear: true },
  ]);
  stop.abort();
  expect((await shown.next()).done).toBe(true);
});
