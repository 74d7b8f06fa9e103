import { expect, test } from "vitest";
import { toHex } from "../../../device-drivers/kit/hex.ts";
import type { PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { AttRefusal } from "../../doubles/bluetooth/att-client.ts";
import type { InitiatorDialogue } from "../../doubles/bluetooth/smp-initiator.ts";
import { frontRig, type FrontRig } from "./front-rig.ts";
import { able, handles, PairingProbe, quiet } from "./pairing-probe.ts";

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

test("a device with a private address changes it in its time, and is recognised by what it gave in pairing", async () => {
  const probe: VirtualPeripheral = Object.assign(new PairingProbe(), { addressKind: "random-private" as const });
  const { until, connect, front, clock } = await frontRig(probe);
  const link = await connect(probe.address);
  const before = front.addressOf(probe.address);
  expect(before).not.toBe(probe.address);
  const bond = await until(link.pair(quiet));
  await until(link.disconnect());
  const soon = await connect(probe.address);
  expect(front.addressOf(probe.address)).toBe(before);
  await clock.advance(900_000);
  await until(soon.disconnect());
  const again = await connect(probe.address);
  expect(front.addressOf(probe.address)).not.toBe(before);
  expect(await until(again.encrypt(bond))).toBe(0);
  await clock.settle();
});

test("what the air makes of a pairing happens here too: a refusal, and a slip of the finger", async () => {
  const probe = new PairingProbe({ io: "keyboard-only", mitm: true });
  const { until, connect, air } = await frontRig(probe, { person: { enterPasskey: async () => 141_421 } });
  const { address } = probe;
  const link = await connect(address);
  air.command({ type: "refuse-pairings", address, count: 1 });
  const pairing = async (): Promise<unknown> =>
    await until(link.pair({ ...able, passkey: () => 141_421 })).catch((error: unknown) => error);
  expect(await pairing()).toMatchObject({ by: "peer", reason: 0x05 });
  air.command({ type: "mistype-passkeys", address, count: 1 });
  expect(await pairing()).toMatchObject({ by: "peer", reason: 0x04 });
  expect(await pairing()).toMatchObject({ isAuthenticated: true });
});

test("a display shows its digits to the air as well, until the pairing is over", async () => {
  const probe = new PairingProbe({ io: "display-only", mitm: true });
  const { until, connect, air } = await frontRig(probe);
  const link = await connect(probe.address);
  await until(link.pair({ ...able, passkey: () => air.shownPasskey(probe.address) ?? -1 }));
  expect(air.shownPasskey(probe.address)).toBeNull();
});
