import { expect, test } from "vitest";
import { toHex } from "../../../device-drivers/kit/hex.ts";
import { justWorks, type PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import { AttRefusal } from "../../doubles/bluetooth/att-client.ts";
import type { InitiatorDialogue } from "../../doubles/bluetooth/smp-initiator.ts";
import { frontRig, type FrontRig } from "./front-rig.ts";

/** A probe that pairs as it is told. */
class PairingProbe extends Probe {
  readonly pairing: PairingTraits;

  constructor(traits: Partial<PairingTraits> = {}) {
    super();
    this.pairing = { ...justWorks, ...traits };
  }
}

/** The layout has room for what the probe declares; a CCCD follows its value. */
const handles = {
  pressureConfiguration: gatt.pressure.handle + 1,
  model: gatt.model.handle,
  glucoseConfiguration: gatt.glucose.handle + 1,
} as const;

const quiet: InitiatorDialogue = { io: "no-input-no-output", mitm: false, secureConnections: true };
const able: InitiatorDialogue = { io: "keyboard-display", mitm: true, secureConnections: true };

/** What a central does that reads the device's display: it types what the front's events say. */
const reader =
  ({ events }: FrontRig): (() => number) =>
  () => {
    const shown = events.findLast((event) => event.type === "passkey-shown");
    return shown?.type === "passkey-shown" ? shown.passkey : -1;
  };

const refusal = async (work: Promise<unknown>): Promise<number | null> =>
  await work.then(
    () => null,
    (error: unknown) => (error instanceof AttRefusal ? error.code : -1),
  );

test("a central finds a device by its services, and by its name when it asks", async () => {
  const probe = new Probe();
  const { until, central, clock } = await frontRig(probe);
  await clock.advance(100);
  const advertisement = await until(central.find(probe.address));
  expect([...advertisement.data]).toEqual([2, 0x01, 0x06, 5, 0x03, 0x10, 0x18, 0x08, 0x18]);
  const response = await until(central.find(probe.address, 4));
  expect(Buffer.from(response.data.subarray(2)).toString()).toBe("Probe");
});

test("a device that sleeps is not heard, and one that wakes is", async () => {
  const probe = new Probe();
  probe.isAwake = false;
  const { until, central, clock } = await frontRig(probe);
  await clock.advance(200);
  await until(central.startScan());
  await clock.advance(1_000);
  expect(central.host.heard).toEqual([]);
  probe.isAwake = true;
  expect((await until(central.report())).address).toBe(probe.address);
});

test("what the device demands security for is refused to a stranger, and given after pairing", async () => {
  const probe = new PairingProbe();
  const { until, connect, events } = await frontRig(probe);
  const link = await connect(probe.address);
  expect(await refusal(until(link.att.read(handles.model)))).toBe(0x05);
  expect(await refusal(until(link.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0))))).toBe(0x05);
  await until(link.pair(quiet));
  await until(link.att.exchangeMtu(517));
  expect(await until(link.att.read(handles.model))).toHaveLength(300);
  expect(events).toContainEqual({
    address: probe.address,
    type: "paired",
    method: "just-works",
    authenticated: false,
    secureConnections: true,
    bonded: true,
  });
});

test("a bonded central that has not encrypted is told so, and encrypts with its key", async () => {
  const probe = new PairingProbe();
  const { until, connect, events } = await frontRig(probe);
  const first = await connect(probe.address);
  const bond = await until(first.pair(quiet));
  await until(first.disconnect());
  const again = await connect(probe.address);
  expect(await refusal(until(again.att.read(handles.model)))).toBe(0x0f);
  expect(await until(again.encrypt(bond))).toBe(0);
  expect(await until(again.att.read(handles.model))).toHaveLength(300);
  expect(events.filter(({ type }) => type === "paired")).toHaveLength(1);
});

interface MethodCase {
  readonly name: string;
  readonly traits: Partial<PairingTraits>;
  readonly central: InitiatorDialogue;
}

const methodCases: readonly MethodCase[] = [
  { name: "just-works", traits: {}, central: quiet },
  { name: "passkey-entry", traits: { io: "display-only", mitm: true }, central: able },
  { name: "passkey-entry", traits: { io: "keyboard-only", mitm: true }, central: able },
  { name: "numeric-comparison", traits: { io: "display-yes-no", mitm: true }, central: able },
];

for (const { name, traits, central } of methodCases) {
  for (const secureConnections of [true, false]) {
    if (name === "numeric-comparison" && !secureConnections) continue;
    const kind = secureConnections ? "Secure Connections" : "legacy pairing";
    test(`${name} with a ${traits.io ?? "plain"} device makes a bond by ${kind}, which lasts`, async () => {
      const probe = new PairingProbe({ ...traits, secureConnections });
      const digits: number[] = [];
      const rig = await frontRig(probe, {
        person: {
          enterPasskey: async () => 271_828,
          confirmDigits: async (_, shown) => digits.push(shown) > 0,
        },
      });
      const passkey = traits.io === "keyboard-only" ? (): number => 271_828 : reader(rig);
      const confirm = (shown: number): boolean => shown === digits[0];
      const link = await rig.connect(probe.address);
      const bond = await rig.until(link.pair({ ...central, passkey, confirm }));
      expect(bond.isAuthenticated).toBe(name !== "just-works");
      expect(bond.diversifier === 0).toBe(secureConnections);
      await rig.until(link.disconnect());
      const again = await rig.connect(probe.address);
      expect(await rig.until(again.encrypt(bond))).toBe(0);
      expect(await rig.until(again.att.read(handles.model))).toHaveLength(300);
    });
  }
}

test("a device that has forgotten its key says that it has none", async () => {
  const probe = new PairingProbe();
  const { until, connect, air } = await frontRig(probe);
  const first = await connect(probe.address);
  const bond = await until(first.pair(quiet));
  air.command({ type: "forget-bond", address: probe.address });
  expect(await until(first.ended)).toBe(0x08);
  const again = await connect(probe.address);
  // PIN or Key Missing.
  expect(await until(again.encrypt(bond))).toBe(0x06);
  expect(await refusal(until(again.att.read(handles.model)))).toBe(0x05);
  await until(again.pair(quiet));
  expect(await until(again.att.read(handles.model))).toHaveLength(300);
});

test("a device that forgets its keys with every link is paired anew each time", async () => {
  const probe = new PairingProbe({ forgetsKeys: true });
  const { until, connect } = await frontRig(probe);
  for (let time = 0; time < 2; time += 1) {
    const link = await connect(probe.address);
    expect(await refusal(until(link.att.read(handles.model)))).toBe(0x05);
    await until(link.pair(quiet));
    expect(await until(link.att.read(handles.model))).toHaveLength(300);
    await until(link.disconnect());
  }
});

test("a device that asks for security does so as soon as it is connected", async () => {
  const probe = new PairingProbe({ requestsSecurity: true, mitm: true, io: "display-only" });
  const { clock, connect, central } = await frontRig(probe);
  await connect(probe.address);
  await clock.settle();
  // On the Security Manager's channel: bonding, MITM and Secure Connections.
  expect(central.host.data.map(({ octets }) => toHex(octets))).toEqual(["020006000B0D"]);
});

test("a device with a private address changes it, and is recognised by what it gave in pairing", async () => {
  const probe: VirtualPeripheral = Object.assign(new PairingProbe(), { addressKind: "random-private" as const });
  const { until, connect, front, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  const before = front.addressOf(probe.address);
  expect(before).not.toBe(probe.address);
  const bond = await until(link.pair(quiet));
  await until(link.disconnect());
  const again = await connect(probe.address);
  expect(front.addressOf(probe.address)).not.toBe(before);
  expect(await until(again.encrypt(bond))).toBe(0);
  await clock.settle();
});

test("values and answers keep the order in which the device gave them", async () => {
  const probe = new PairingProbe();
  const { until, connect } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  await until(link.att.write(handles.glucoseConfiguration, Uint8Array.of(1, 0)));
  probe.notify(1, 2, 3);
  await until(link.att.read(handles.model));
  expect(link.att.values.map(({ value }) => value[0])).toEqual([1, 2, 3]);
});

test("a value that the central has not confirmed holds back the next one, and not the answers", async () => {
  const probe = new PairingProbe();
  const { until, connect, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  link.att.confirms = false;
  await until(link.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
  probe.indicate(7, 8);
  await until(link.att.read(handles.model));
  expect(link.att.values.map(({ value }) => value[0])).toEqual([7]);
  link.att.confirm();
  await clock.settle();
  expect(link.att.values.map(({ value }) => value[0])).toEqual([7, 8]);
  expect(probe.deliveries).toEqual(["confirmed"]);
});

test("a central that never confirms loses the link after 30 seconds", async () => {
  const probe = new PairingProbe();
  const { until, connect, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  link.att.confirms = false;
  await until(link.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
  probe.indicate(7);
  const before = clock.monotonicMs();
  expect(await until(link.ended)).toBe(0x08);
  expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(30_000);
});

test("the air's commands act: a transfer is cut after the values that had been sent", async () => {
  const probe = new PairingProbe();
  const { until, connect, air } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair(quiet));
  await until(link.att.write(handles.glucoseConfiguration, Uint8Array.of(1, 0)));
  air.command({ type: "cut-transfer", address: probe.address, afterValues: 2, before: "value" });
  probe.notify(1, 2, 3);
  expect(await until(link.ended)).toBe(0x08);
  expect(link.att.values.map(({ value }) => value[0])).toEqual([1, 2]);
});

test("a device that ends the link says so, and one that refuses is never reached", async () => {
  const probe = new PairingProbe();
  const { until, connect, air } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.att.exchangeMtu(100));
  probe.disconnect();
  expect(await until(link.ended)).toBe(0x13);
  air.command({ type: "refuse-connections", address: probe.address, count: 1 });
  const refused = await connect(probe.address);
  expect(await until(refused.ended)).toBe(0x3e);
});

test("devices that come and go do so on the medium as well", async () => {
  const probe = new Probe();
  const { air, front, medium } = await frontRig(probe);
  expect(medium.controllers).toHaveLength(2);
  const other = new Probe("C0:FF:EE:00:00:02");
  air.add(other);
  expect(front.controller(other.address)?.address).toBe(other.address);
  air.remove(probe.address);
  expect(front.controller(probe.address)).toBeNull();
  expect(medium.controllers).toHaveLength(2);
  front.close();
  expect(medium.controllers).toHaveLength(1);
  expect(air.peripherals()).toEqual([other]);
});

test("a table that has changed since the bond is told of when the link is encrypted again", async () => {
  const probe = new PairingProbe();
  const more = { service: "180F", uuid: "2A19", handle: 64, properties: ["read"] } as const;
  const { until, connect, clock } = await frontRig(probe);
  const first = await connect(probe.address);
  const bond = await until(first.pair(quiet));
  const serviceChanged = 8;
  await until(first.att.write(serviceChanged + 1, Uint8Array.of(2, 0)));
  await until(first.disconnect());
  Object.assign(probe, { characteristics: [...probe.characteristics, more] });
  const again = await connect(probe.address);
  await until(again.encrypt(bond));
  await clock.settle();
  expect(again.att.values).toEqual([
    { handle: serviceChanged, value: Uint8Array.of(0x01, 0x00, 0xff, 0xff), isIndication: true },
  ]);
});

test.for([true, false])(
  "where subscriptions are kept (%s), a bonded central has them again",
  async (keepsSubscriptions) => {
    const probe = new PairingProbe();
    const { until, connect, clock } = await frontRig(probe, { keepsSubscriptions });
    const first = await connect(probe.address);
    const bond = await until(first.pair(quiet));
    await until(first.att.write(handles.pressureConfiguration, Uint8Array.of(2, 0)));
    await until(first.disconnect());
    const again = await connect(probe.address);
    await until(again.encrypt(bond));
    await clock.settle();
    expect(probe.heard.filter((what) => what === `on ${gatt.pressure.handle}`)).toHaveLength(
      keepsSubscriptions ? 2 : 1,
    );
    const configuration = await until(again.att.read(handles.pressureConfiguration));
    expect([...configuration]).toEqual([keepsSubscriptions ? 2 : 0, 0]);
  },
);
