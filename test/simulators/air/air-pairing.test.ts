import { expect, test } from "vitest";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import type { PairingAnswer, PairingCentral, PairingQuestion } from "../../../simulators/air/air-pairing.ts";
import { createVirtualAir, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { pairingEnd } from "../../../simulators/air/client-pairing.ts";
import { justWorks, type PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import { Probe } from "../../contracts/gatt-link-probe.ts";
import { soon } from "../../contracts/gatt-stage.ts";

class PairingProbe extends Probe {
  readonly pairing: PairingTraits;

  constructor(pairing: Partial<PairingTraits>) {
    super();
    this.pairing = { ...justWorks, ...pairing };
  }
}

const displays = { io: "display-only", mitm: true } as const;

function unpaired(pairing: Partial<PairingTraits>): { air: VirtualAir; probe: Probe } {
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  const probe = new PairingProbe(pairing);
  air.add(probe);
  air.command({ type: "forget-bond", address: probe.address });
  return { air, probe };
}

/** A central whose user answers each question in the same way, and what it was asked. */
function central(
  io: PairingCentral["io"],
  answer: (question: PairingQuestion) => PairingAnswer | Promise<PairingAnswer>,
): PairingCentral & { readonly asked: PairingQuestion[] } {
  const asked: PairingQuestion[] = [];
  return {
    io,
    asked,
    answer: async (question) => {
      asked.push(question);
      return await answer(question);
    },
  };
}

const yes = { accept: true, passkey: null };
const no = { accept: false, passkey: null };

test("a pairing makes the link a bonded one, and the device answers", async () => {
  const { air, probe } = unpaired({});
  const link = await air.open(probe.address, { ...pairingEnd, holdsKey: true }, soon());
  expect(link.bonded).toBe(false);
  await expect(link.read(14, soon())).rejects.toMatchObject({ context: { attError: 0x05 } });
  const person = central("keyboard-display", () => yes);
  expect(await link.pair(person, soon())).toMatchObject({ ok: true, value: { method: "just-works" } });
  expect(person.asked).toEqual([{ ask: "authorise", passkey: null }]);
  expect(link.bonded).toBe(true);
  await expect(link.read(14, soon())).resolves.toHaveLength(300);
});

test("a central without the key is refused by a device that holds it", async () => {
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  const probe = new PairingProbe({});
  air.add(probe);
  const link = await air.open(probe.address, { ...pairingEnd, holdsKey: false }, soon());
  expect(link.bonded).toBe(false);
  await expect(link.read(14, soon())).rejects.toMatchObject({ context: { attError: 0x05 } });
});

test("the passkey that the device shows is the right one, and it shows it no longer than the pairing lasts", async () => {
  const { air, probe } = unpaired(displays);
  const link = await air.open(probe.address, pairingEnd, soon());
  const right = central("keyboard-display", () => ({ accept: true, passkey: air.shownPasskey(probe.address) }));
  expect(await link.pair(right, soon())).toMatchObject({ ok: true, value: { method: "passkey-entry" } });
  expect(air.shownPasskey(probe.address)).toBeNull();
  const wrong = central("keyboard-display", () => ({
    accept: true,
    passkey: ((air.shownPasskey(probe.address) ?? 0) + 1) % 1_000_000,
  }));
  expect(await link.pair(wrong, soon())).toEqual({ ok: false, error: "wrong-passkey" });
  const unwilling = central("keyboard-display", () => no);
  expect(await link.pair(unwilling, soon())).toEqual({ ok: false, error: "refused-by-central" });
});

test("a passkey that is printed on the device is the same each time", async () => {
  const { air, probe } = unpaired({ ...displays, passkey: 4_711 });
  const link = await air.open(probe.address, pairingEnd, soon());
  expect(
    await link.pair(
      central("keyboard-only", () => ({ accept: true, passkey: 4_711 })),
      soon(),
    ),
  ).toMatchObject({
    ok: true,
  });
});

test("two that can show and ask compare the same digits", async () => {
  const { air, probe } = unpaired({ io: "display-yes-no", mitm: true });
  const link = await air.open(probe.address, pairingEnd, soon());
  const person = central("display-yes-no", ({ passkey }) => ({
    accept: passkey === air.shownPasskey(probe.address),
    passkey: null,
  }));
  expect(await link.pair(person, soon())).toMatchObject({ ok: true, value: { method: "numeric-comparison" } });
  expect(person.asked[0]?.passkey).not.toBeNull();
});

test("a device with keys types what the central shows, unless its user mistypes", async () => {
  const { air, probe } = unpaired({ io: "keyboard-only", mitm: true });
  const link = await air.open(probe.address, pairingEnd, soon());
  air.command({ type: "mistype-passkeys", address: probe.address, count: 1 });
  const shows = central("display-only", () => yes);
  expect(await link.pair(shows, soon())).toEqual({ ok: false, error: "wrong-passkey" });
  expect(await link.pair(shows, soon())).toMatchObject({ ok: true });
  expect(shows.asked.map(({ ask }) => ask)).toEqual(["show", "show"]);
});

test("a device refuses what does not protect as it demands, and whatever comes when it is not in pairing mode", async () => {
  const { air, probe } = unpaired(displays);
  const link = await air.open(probe.address, pairingEnd, soon());
  const person = central("no-input-no-output", () => yes);
  expect(await link.pair(person, soon())).toEqual({ ok: false, error: "refused-by-device" });
  air.command({ type: "refuse-pairings", address: probe.address, count: 1 });
  const able = central("keyboard-display", () => ({ accept: true, passkey: air.shownPasskey(probe.address) }));
  expect(await link.pair(able, soon())).toEqual({ ok: false, error: "refused-by-device" });
  expect(await link.pair(able, soon())).toMatchObject({ ok: true });
  expect(person.asked).toEqual([]);
});

test("a pairing that nobody answers ends after 30 s, with the link, or when it is broken off", async () => {
  const clock = createVirtualClock(0);
  const air = createVirtualAir({ clock, seed: 1 });
  const probe = new PairingProbe(displays);
  air.add(probe);
  const silent = central("keyboard-display", () => new Promise<PairingAnswer>(() => {}));
  const link = await clock.runUntil(air.open(probe.address, pairingEnd, soon()));
  const from = clock.monotonicMs();
  expect(await clock.runUntil(link.pair(silent, soon()))).toEqual({ ok: false, error: "timed-out" });
  expect(clock.monotonicMs() - from).toBe(30_000);
  const brokenOff = new AbortController();
  const pairing = link.pair(silent, brokenOff.signal);
  const reason = new Error("given up");
  brokenOff.abort(reason);
  await expect(pairing).rejects.toBe(reason);
  const last = link.pair(silent, soon());
  link.lose("the link was lost");
  expect(await last).toEqual({ ok: false, error: "link-ended" });
  expect(air.shownPasskey(probe.address)).toBeNull();
});

test("a device that forgets its keys has none when the link has ended", async () => {
  const { air, probe } = unpaired({ forgetsKeys: true });
  const end = { ...pairingEnd, holdsKey: true };
  const link = await air.open(probe.address, end, soon());
  await link.pair(
    central("no-input-no-output", () => yes),
    soon(),
  );
  expect(link.bonded).toBe(true);
  link.close();
  const next = await air.open(probe.address, end, soon());
  expect(next.bonded).toBe(false);
});

test("an air tells of the devices in it, of those that come and go, and of commands", () => {
  const air = createVirtualAir({ clock: realClock, seed: 1 });
  const [first, second] = [new Probe("C0:FF:EE:00:00:0A"), new Probe("C0:FF:EE:00:00:0B")];
  air.add(first);
  const changes: string[] = [];
  const stop = air.watch((change) => changes.push(change.type));
  air.add(second);
  expect(air.peripherals()).toEqual([first, second]);
  air.command({ type: "vanish", address: first.address });
  air.remove(first.address);
  stop();
  air.remove(second.address);
  expect(air.peripherals()).toEqual([]);
  expect(changes).toEqual(["added", "commanded", "removed"]);
});
