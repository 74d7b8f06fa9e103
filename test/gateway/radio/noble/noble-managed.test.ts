import { expect, onTestFinished, test } from "vitest";
import type { RadioEvent } from "../../../../gateway/radio/managed-radio.ts";
import { openNobleRadio } from "../../../../gateway/radio/noble/noble.ts";
import type { BluetoothFrontEvent } from "../../../../simulators/bluetooth/bluetooth-front.ts";
import { realClock } from "../../../../simulators/clock/real-clock.ts";
import { Probe, probeCharacteristics as gatt } from "../../../contracts/gatt-link-probe.ts";
import { codeOf, soon } from "../../../contracts/gatt-stage.ts";
import { scriptedDialogue } from "../../../contracts/scripted-dialogue.ts";
import { type NobleRig, type NobleRigOptions, startNobleRig } from "./noble-rig.ts";

/** A device that asks for no bond. */
function openProbe(address?: string): Probe {
  return Object.defineProperty(new Probe(address), "requiresBond", { value: false });
}

async function rigWith(probe: Probe, options: NobleRigOptions = {}): Promise<NobleRig> {
  const rig = await startNobleRig(options);
  onTestFinished(async () => await rig.stop());
  rig.air.add(probe);
  return rig;
}

async function heardSoon({ radio }: NobleRig): Promise<number> {
  const heard: string[] = [];
  for await (const { address } of radio.advertisements(AbortSignal.timeout(300))) heard.push(address);
  return heard.length;
}

test("it says that it keeps no bonds, and refuses to pair with what to do", async () => {
  const probe = new Probe();
  const { radio } = await rigWith(probe);
  expect(radio.abilities).toEqual({ pairing: [], holdsConfirmations: false });
  const request = { address: probe.address, io: "keyboard-display" } as const;
  await expect(radio.pair(request, scriptedDialogue(), soon())).rejects.toMatchObject({
    code: "pairing-unsupported",
    remedy: expect.stringContaining("bluez"),
  });
  expect(await radio.bonds()).toEqual([]);
  expect(await radio.forget(probe.address)).toBe(false);
});

test("a device that wants a bond is refused with the reason, is not paired behind anybody's back, and goes on", async () => {
  const told: BluetoothFrontEvent[] = [];
  const probe = new Probe();
  const { radio } = await rigWith(probe, { tell: (event) => told.push(event) });
  const link = await radio.connect(probe.address, soon());
  for (const refused of [
    link.read(gatt.model, soon()),
    link.write(gatt.control, Uint8Array.of(1), soon()),
    link.subscribe(gatt.pressure, soon()),
  ]) {
    await expect(refused).rejects.toMatchObject({
      code: "att-error",
      context: { attError: 0x05 },
      cause: { code: "pairing-unsupported" },
    });
  }
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(["connected"]));
  expect(probe.heard).toEqual([]);
});

test("an adapter that is unplugged and put in again is told of, and serves on", async () => {
  const probe = openProbe();
  const rig = await rigWith(probe);
  const listening = new AbortController();
  const events: RadioEvent["type"][] = [];
  const listener = (async (): Promise<void> => {
    for await (const { type } of rig.radio.events(listening.signal)) events.push(type);
  })();
  const link = await rig.radio.connect(probe.address, soon());
  const hearing = rig.radio.advertisements(soon())[Symbol.asyncIterator]();
  const interrupted = codeOf(hearing.next());
  await rig.setAdapter(false);
  await expect.poll(() => events).toEqual(["adapter-gone"]);
  expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
  expect(await interrupted).toBe("adapter-absent");
  await rig.setAdapter(true);
  await expect.poll(() => events).toEqual(["adapter-gone", "adapter-back"]);
  const again = await rig.radio.connect(probe.address, soon());
  await expect(again.read(gatt.model, soon())).resolves.toHaveLength(300);
  await again.close();
  expect(await heardSoon(rig)).toBeGreaterThan(0);
  listening.abort();
  await listener;
});

test("an attempt in which the adapter goes says so at once", async () => {
  const probe = openProbe();
  const rig = await rigWith(probe);
  expect(await heardSoon(rig)).toBeGreaterThan(0);
  rig.front.controller(probe.address)?.setFaults({ isOutOfRange: true });
  const attempt = codeOf(rig.radio.connect(probe.address, soon()));
  await rig.setAdapter(false);
  expect(await attempt).toBe("adapter-absent");
});

test("each rung leaves a radio that hears and connects", async () => {
  const probe = openProbe();
  const rig = await rigWith(probe);
  expect(rig.radio.rungs).toEqual(["restart-scan", "power-cycle"]);
  for (const rung of rig.radio.rungs) {
    await rig.radio.repair(rung, soon());
    expect(await heardSoon(rig)).toBeGreaterThan(0);
    const link = await rig.radio.connect(probe.address, soon());
    await link.close();
  }
  expect(await codeOf(rig.radio.repair("restart-daemon", soon()))).toBe("misuse");
});

test("a hearing goes on through connections that others make", async () => {
  const [probe, other] = [openProbe(), openProbe("C0:FF:EE:00:00:02")];
  const rig = await rigWith(probe);
  rig.air.add(other);
  const hearing = rig.radio.advertisements(soon())[Symbol.asyncIterator]();
  await hearing.next();
  await rig.radio.connect(probe.address, soon());
  const addresses = new Set<string>();
  for (let taken = 0; taken < 5; taken += 1) addresses.add((await hearing.next()).value.address);
  expect(addresses).toContain(other.address);
  await hearing.return?.();
});

test("an attempt that is given up while the device is away leaves the adapter to the next", async () => {
  const [probe, other] = [openProbe(), openProbe("C0:FF:EE:00:00:02")];
  const rig = await rigWith(probe);
  rig.air.add(other);
  expect(await heardSoon(rig)).toBeGreaterThan(0);
  rig.front.controller(probe.address)?.setFaults({ isOutOfRange: true });
  const given = new AbortController();
  const attempt = rig.radio.connect(probe.address, given.signal);
  const reason = new Error("given up");
  given.abort(reason);
  await expect(attempt).rejects.toBe(reason);
  expect(await codeOf(rig.radio.connect(probe.address, soon()))).toMatch(/device-absent|connect-timeout/);
  const link = await rig.radio.connect(other.address, soon());
  await expect(link.read(gatt.model, soon())).resolves.toHaveLength(300);
});

test("a device that falls silent in the middle is a lost link, whatever was asked of it", async () => {
  const probe = openProbe();
  const rig = await rigWith(probe);
  const link = await rig.radio.connect(probe.address, soon());
  rig.front.controller(probe.address)?.setFaults({ isOutOfRange: true });
  expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
});

test("closing it ends its links and hearings, lets the adapter go, and it may be used again", async () => {
  const probe = openProbe();
  const rig = await rigWith(probe);
  const link = await rig.radio.connect(probe.address, soon());
  const hearing = rig.radio.advertisements(soon())[Symbol.asyncIterator]();
  const next = codeOf(hearing.next().then(() => hearing.next()));
  await rig.radio.close();
  await rig.radio.close();
  expect(await codeOf(link.read(gatt.model, soon()))).toBe("link-closed");
  expect(await next).toBe("adapter-absent");
  const again = await rig.radio.connect(probe.address, soon());
  await expect(again.read(gatt.model, soon())).resolves.toHaveLength(300);
});

test("without a controller there is no radio, and the error says so", async () => {
  const options = { kind: "noble", package: "auto", hciDevice: null, h4Socket: "/nowhere/hci.sock" } as const;
  await expect(openNobleRadio(options, { clock: realClock })).rejects.toMatchObject({ code: "adapter-absent" });
});
