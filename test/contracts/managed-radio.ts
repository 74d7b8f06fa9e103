import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ManagedRadio, RadioEvent } from "../../gateway/radio/managed-radio.ts";
import { justWorks, type PairingTraits } from "../../simulators/peripherals/pairing-traits.ts";
import { Probe, probeCharacteristics as gatt } from "./gatt-link-probe.ts";
import { codeOf, type GattHarness, soon, startHarness } from "./gatt-stage.ts";
import { never, scriptedDialogue } from "./scripted-dialogue.ts";

/** One air, and a radio of the adapter under test; and what a test may do to the radio's own parts. */
export interface ManagedHarness extends GattHarness {
  readonly radio: ManagedRadio;
  /** Types at the device what the radio shows, where the device's user does not do it unasked. */
  readonly type?: (address: string, passkey: number) => void;
  /** Ends the stack's daemon, and starts it again; absent where there is none. */
  readonly daemon?: DaemonLever;
  /** Takes the adapter out and puts it in again, where `air.setAdapter` does not do it. */
  readonly adapter?: { remove(): Promise<void>; add(): Promise<void> };
}

export interface DaemonLever {
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface ManagedAdapter {
  readonly name: string;
  /** The stack has a daemon, and the harness its lever. */
  readonly hasDaemon?: boolean;
  /** The air must advertise at least every 10 ms. */
  readonly make: () => Promise<ManagedHarness>;
  /** The same, in an air whose time-outs of 10 s and more end at once; absent where time cannot be hurried. */
  readonly makeHurried?: () => Promise<ManagedHarness>;
}

/** What `managed-radio.ts` promises beyond GATT: pairing, bonds, and what befalls the radio. */
export function managedRadioContract(adapter: ManagedAdapter): void {
  const promise: Promised = (sentence, body) => {
    test(`${adapter.name}: ${sentence}`, async () => {
      expect.hasAssertions();
      await body(await start(adapter.make));
    });
  };
  pairing(promise);
  refusals(promise);
  bonds(promise);
  health(promise);
  if (adapter.hasDaemon === true) daemon(promise);
  hurried(adapter);
}

type Promised = (sentence: string, body: (stage: ManagedHarness) => Promise<void>) => void;

async function start(make: ManagedAdapter["make"]): Promise<ManagedHarness> {
  let harness: ManagedHarness | null = null;
  await startHarness(async () => {
    harness = await make();
    return harness;
  });
  if (harness === null) throw new Error("there is no stage");
  return harness;
}

class PairingProbe extends Probe {
  readonly pairing: PairingTraits;

  constructor(traits: Partial<PairingTraits>, address?: string) {
    super(address);
    this.pairing = { ...justWorks, ...traits };
  }
}

/** A device that neither side has a key of. */
async function stranger(
  stage: ManagedHarness,
  traits: Partial<PairingTraits>,
  address?: string,
): Promise<PairingProbe> {
  const probe = new PairingProbe(traits, address);
  stage.air.add(probe);
  stage.air.command({ type: "forget-bond", address: probe.address });
  await stage.radio.forget(probe.address);
  return probe;
}

/** Its link has a key, and the device takes it. */
async function expectBonded({ radio }: ManagedHarness, probe: Probe): Promise<void> {
  expect(await radio.bonds()).toContainEqual({
    address: probe.address,
    addressKind: "random-static",
    name: probe.name,
  });
  const link = await radio.connect(probe.address, soon());
  expect(link.bonded).toBe(true);
  await expect(link.read(gatt.model, soon())).resolves.toHaveLength(300);
  await link.close();
}

async function expectStranger({ radio }: ManagedHarness, probe: Probe): Promise<void> {
  expect((await radio.bonds()).map(({ address }) => address)).not.toContain(probe.address);
}

const display = { io: "display-only", mitm: true, passkey: 123_456 } as const;
const request = ({ address }: Probe) => ({ address, io: "keyboard-display" }) as const;

function pairing(promise: Promised): void {
  promise("pairs by Just Works once somebody has agreed to it", async (stage) => {
    const probe = await stranger(stage, {});
    const dialogue = scriptedDialogue();
    const bond = await stage.radio.pair(request(probe), dialogue, soon());
    expect(bond).toEqual({ address: probe.address, addressKind: "random-static", name: "Probe" });
    expect(dialogue.asked).toEqual(["authorise"]);
    await expectBonded(stage, probe);
  });

  for (const secureConnections of [true, false]) {
    const generation = secureConnections ? "Secure Connections" : "legacy pairing";
    promise(`pairs by the passkey that the device shows, by ${generation}`, async (stage) => {
      const probe = await stranger(stage, { ...display, secureConnections });
      const dialogue = scriptedDialogue({ passkey: () => 123_456 });
      await stage.radio.pair(request(probe), dialogue, soon());
      expect(dialogue.asked).toEqual(["enter"]);
      await expectBonded(stage, probe);
    });
  }

  promise("pairs by a passkey that is typed at the device", async (stage) => {
    const probe = await stranger(stage, { io: "keyboard-only", mitm: true });
    const dialogue = scriptedDialogue({ onShow: (passkey) => stage.type?.(probe.address, passkey) });
    await stage.radio.pair(request(probe), dialogue, soon());
    expect(dialogue.asked[0]).toMatch(/^show \d{1,6}$/);
    expect(dialogue.asked.filter((question) => !question.startsWith("show"))).toEqual([]);
    await expectBonded(stage, probe);
  });

  promise("pairs by numeric comparison", async (stage) => {
    const probe = await stranger(stage, { io: "display-yes-no", mitm: true });
    const dialogue = scriptedDialogue();
    await stage.radio.pair(request(probe), dialogue, soon());
    expect(dialogue.asked).toEqual([expect.stringMatching(/^confirm \d{1,6}$/)]);
    await expectBonded(stage, probe);
  });

  promise("pairs anew with a device that has lost its key", async (stage) => {
    const probe = await stranger(stage, {});
    await stage.radio.pair(request(probe), scriptedDialogue(), soon());
    stage.air.command({ type: "forget-bond", address: probe.address });
    await stage.radio.pair(request(probe), scriptedDialogue(), soon());
    await expectBonded(stage, probe);
  });
}

function refusals(promise: Promised): void {
  promise("a wrong passkey makes no bond, and the right one does after it", async (stage) => {
    const probe = await stranger(stage, display);
    const { radio } = stage;
    const wrong = radio.pair(request(probe), scriptedDialogue({ passkey: () => 123_457 }), soon());
    expect(await codeOf(wrong)).toBe("pairing-wrong-passkey");
    await expectStranger(stage, probe);
    await radio.pair(request(probe), scriptedDialogue({ passkey: () => 123_456 }), soon());
    await expectBonded(stage, probe);
  });

  for (const [what, traits, script] of [
    ["Just Works", {}, { authorises: false }],
    ["a comparison", { io: "display-yes-no", mitm: true }, { confirms: false }],
    ["a passkey", display, { passkey: () => Promise.reject(new Error("no passkey")) }],
  ] as const) {
    promise(`whoever says no to ${what} is not paired`, async (stage) => {
      const probe = await stranger(stage, traits);
      const refused = stage.radio.pair(request(probe), scriptedDialogue(script), soon());
      expect(await codeOf(refused)).toBe("pairing-refused");
      await expectStranger(stage, probe);
    });
  }

  promise("a device that wants protection refuses whoever can give none", async (stage) => {
    const probe = await stranger(stage, display);
    const io = { address: probe.address, io: "no-input-no-output" } as const;
    expect(await codeOf(stage.radio.pair(io, scriptedDialogue(), soon()))).toBe("pairing-refused");
    await expectStranger(stage, probe);
  });

  promise("aborting takes the question back, leaves no bond, and the next pairing is free", async (stage) => {
    const probe = await stranger(stage, display);
    const stop = new AbortController();
    const reason = new Error("given up");
    const asked = Promise.withResolvers<undefined>();
    const dialogue = scriptedDialogue({
      passkey: () => {
        asked.resolve(undefined);
        return never();
      },
    });
    const given = stage.radio.pair(request(probe), dialogue, stop.signal);
    await asked.promise;
    stop.abort(reason);
    await expect(given).rejects.toBe(reason);
    expect(dialogue.signals.map(({ aborted }) => aborted)).toEqual([true]);
    await expectStranger(stage, probe);
    await stage.radio.pair(request(probe), scriptedDialogue({ passkey: () => 123_456 }), soon());
    await expectBonded(stage, probe);
  });

  promise("what is aborted before it begins does nothing", async (stage) => {
    const probe = await stranger(stage, {});
    const reason = new Error("given up");
    const dialogue = scriptedDialogue();
    await expect(stage.radio.pair(request(probe), dialogue, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(dialogue.asked).toEqual([]);
    await expectStranger(stage, probe);
  });
}

function bonds(promise: Promised): void {
  promise("a bond is told of when it is made and when it is forgotten", async (stage) => {
    const probe = await stranger(stage, {});
    const { address } = probe;
    const heard = listen(stage.radio);
    await stage.radio.pair(request(probe), scriptedDialogue(), soon());
    expect(await heard("bond-made")).toEqual({ type: "bond-made", address });
    expect(await stage.radio.forget(address)).toBe(true);
    expect(await heard("bond-removed")).toEqual({ type: "bond-removed", address });
    expect(await stage.radio.forget(address)).toBe(false);
    await expectStranger(stage, probe);
  });

  promise("each device has a bond of its own", async (stage) => {
    const one = await stranger(stage, {}, "C0:FF:EE:00:00:0A");
    const other = await stranger(stage, display, "C0:FF:EE:00:00:0B");
    await stage.radio.pair(request(one), scriptedDialogue(), soon());
    await stage.radio.pair(request(other), scriptedDialogue({ passkey: () => 123_456 }), soon());
    await stage.radio.forget(one.address);
    await expectStranger(stage, one);
    await expectBonded(stage, other);
  });
}

/** Resolves with the next event of a type. */
function listen(radio: ManagedRadio): (type: RadioEvent["type"]) => Promise<RadioEvent> {
  const events = radio.events(AbortSignal.timeout(10_000))[Symbol.asyncIterator]();
  return async (type) => {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) throw new Error(`no ${type} was told of`);
      if (value.type === type) return value;
    }
  };
}

function health(promise: Promised): void {
  promise("tells of an adapter that goes and comes back", async (stage) => {
    const { radio, air, adapter } = stage;
    const probe = new Probe();
    air.add(probe);
    const heard = listen(radio);
    await hearOnce(radio);
    await (adapter?.remove() ?? air.setAdapter(false));
    expect(await codeOf(radio.connect(probe.address, soon()))).toBe("adapter-absent");
    expect(await heard("adapter-gone")).toEqual({ type: "adapter-gone" });
    await (adapter?.add() ?? air.setAdapter(true));
    await hearOnce(radio);
    expect(await heard("adapter-back")).toEqual({ type: "adapter-back" });
  });

  promise("ends the events without an error when their signal is aborted", async ({ radio }) => {
    const stop = new AbortController();
    const events = radio.events(stop.signal)[Symbol.asyncIterator]();
    const next = events.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });

  promise("hears again after the gentlest repair, and during it ends no hearing of others", async (stage) => {
    const { radio, air } = stage;
    air.add(new Probe());
    const [rung] = radio.rungs;
    if (rung === undefined) return expect(radio.rungs).toEqual([]);
    const hearing = radio.advertisements(soon())[Symbol.asyncIterator]();
    await hearing.next();
    await radio.repair(rung, soon());
    expect((await hearing.next()).done).toBe(false);
    await hearing.return?.();
    await hearOnce(radio);
  });
}

function daemon(promise: Promised): void {
  promise("tells of a daemon that dies and is started again, and goes on with the bonds", async (stage) => {
    const { radio, daemon: lever } = stage;
    if (lever === undefined) throw new Error("the harness has no lever for its daemon");
    const probe = await stranger(stage, {});
    await radio.pair(request(probe), scriptedDialogue(), soon());
    const heard = listen(radio);
    await lever.kill();
    expect(await heard("daemon-gone")).toEqual({ type: "daemon-gone" });
    expect(await codeOf(radio.pair(request(probe), scriptedDialogue(), soon()))).toBe("adapter-absent");
    await lever.start();
    expect(await heard("daemon-back")).toEqual({ type: "daemon-back" });
    await hearOnce(radio);
    await expectBonded(stage, probe);
  });

  promise("an agent that a new daemon has not met yet is there for its first pairing", async (stage) => {
    const { radio, daemon: lever } = stage;
    const probe = await stranger(stage, display);
    await lever?.kill();
    await lever?.start();
    await hearOnce(radio);
    await radio.pair(request(probe), scriptedDialogue({ passkey: () => 123_456 }), soon());
    await expectBonded(stage, probe);
  });
}

async function hearOnce(radio: ManagedRadio): Promise<void> {
  const until = Date.now() + 5_000;
  while (Date.now() < until) {
    try {
      for await (const { address } of radio.advertisements(AbortSignal.timeout(1_000))) {
        expect(address).not.toBe("");
        return;
      }
    } catch (error) {
      // A radio that has just come back may need a moment.
      if ((await codeOf(Promise.reject(error))) !== "adapter-absent") throw error;
      await pause(10);
    }
  }
  throw new Error("nothing is heard");
}

function hurried({ name, makeHurried }: ManagedAdapter): void {
  if (makeHurried === undefined) return;
  test(`${name}: a question that nobody answers ends as a time-out, and its signal is aborted`, async () => {
    const stage = await start(makeHurried);
    const probe = await stranger(stage, display);
    const dialogue = scriptedDialogue({ passkey: () => never() });
    expect(await codeOf(stage.radio.pair(request(probe), dialogue, soon()))).toBe("pairing-timeout");
    expect(dialogue.signals.map(({ aborted }) => aborted)).toEqual([true]);
    await expectStranger(stage, probe);
  });
}
