import { expect, test } from "vitest";
import { HciHost } from "../../../doubles/bluetooth/hci-host.ts";
import { leEvent } from "../../../doubles/bluetooth/le-central.ts";
import { advertise, hex, peripheralAddress, startRig } from "../link-rig.ts";

const localKey = Array.from({ length: 16 }, (_, index) => index + 1);
const none = Array.from({ length: 16 }, () => 0);
/** The first address of the room is the central's. */
const central = [0, 0x01, 0x53, 0x00, 0x5e, 0x00, 0x00];
const peripheral = [1, 0x01, 0x00, 0x00, 0xee, 0xff, 0xc0];

test("a private address is resolved where the key is known, and is another each time", async () => {
  const rig = await startRig();
  // The peripheral makes private addresses towards the central, which has its key; a stranger has not.
  await rig.peripheral.command(0x2027, ...central, ...none, ...localKey);
  await rig.peripheral.command(0x202d, 1);
  const stranger = new HciHost(rig.medium.controller().host());
  await stranger.command(0x0c01, ...Array.from({ length: 8 }, () => 0xff));
  await stranger.command(0x2001, 0x1f, 0, 0, 0, 0, 0, 0, 0);
  await stranger.command(0x200c, 1, 0);
  await rig.central.host.command(0x2027, ...peripheral, ...localKey, ...none);
  await rig.central.host.command(0x202d, 1);
  await rig.central.host.command(0x200c, 1, 0);
  await advertise(rig.peripheral, { ownAddressType: 3, peer: central });
  await rig.clock.advance(1_000);
  const resolved = rig.central.host.heard.map(({ parameters }) => hex(parameters.slice(2, 9)));
  expect(new Set(resolved)).toEqual(new Set(["03010000eeffc0"]));
  const seen = stranger.heard.map(({ parameters }) => parameters.slice(2, 9));
  expect(new Set(seen.map(hex)).size).toBeGreaterThan(5);
  expect(seen.every((octets) => octets[0] === 1 && ((octets[6] ?? 0) & 0xc0) === 0x40)).toBe(true);
});

test("an identity that is listed is connected to behind its private address", async () => {
  const rig = await startRig();
  await rig.peripheral.command(0x2027, ...central, ...none, ...localKey);
  await rig.peripheral.command(0x202d, 1);
  await rig.central.host.command(0x2001, 0xff, 0x03, 0, 0, 0, 0, 0, 0);
  await rig.central.host.command(0x2027, ...peripheral, ...localKey, ...none);
  await rig.central.host.command(0x202d, 1);
  void rig.central.connect(peripheralAddress).catch(() => undefined);
  await advertise(rig.peripheral, { ownAddressType: 3, peer: central });
  const octets = await rig.clock.runUntil(rig.central.host.event(0x3e0a));
  expect(hex(octets.slice(0, 11))).toBe("0040000003010000eeffc0");
  // The private address that it was connected by.
  expect((octets[22] ?? 0) & 0xc0).toBe(0x40);
  expect(rig.peripheral.heard.map(({ code }) => code)).toEqual([leEvent.connectionComplete]);
});

test("the resolving list stays as it is while private addresses are in use, and may change when they are not", async () => {
  const { peripheral: host } = await startRig();
  const key = [...peripheral, ...localKey, ...none];
  await host.command(0x2027, ...key);
  await host.command(0x202d, 1);
  await advertise(host);
  for (const [opcode, parameters] of [
    [0x2027, [0, ...peripheral.slice(1), ...localKey, ...none]],
    [0x2028, peripheral],
    [0x2029, []],
    [0x202d, [0]],
  ] as const) {
    expect(hex(await host.command(opcode, ...parameters))).toBe("0c");
  }
  await host.command(0x200a, 0);
  expect(hex(await host.command(0x2028, ...peripheral))).toBe("00");
});
