import { expect, test } from "vitest";
import { HciHost } from "../../../../simulators/bluetooth/host/hci-host.ts";
import type { AclPacket } from "../../../../simulators/bluetooth/acl-packet.ts";
import type { HciEvent } from "../../../../simulators/bluetooth/host/hci-packet.ts";
import type { HciTransport } from "../../../../simulators/bluetooth/hci-transport.ts";
import { hciPair } from "../../../../simulators/bluetooth/transport/in-process.ts";
import { createVirtualClock, type VirtualClock } from "../../../../simulators/clock/virtual-clock.ts";

interface Rig {
  readonly clock: VirtualClock;
  readonly host: HciHost;
  readonly controller: HciTransport;
  /** The opcodes that the controller has heard. */
  readonly opcodes: number[];
  readonly heard: HciEvent[];
  readonly data: AclPacket[];
}

function rig(): Rig {
  const clock = createVirtualClock(0);
  const [transport, controller] = hciPair();
  const [opcodes, heard, data]: [number[], HciEvent[], AclPacket[]] = [[], [], []];
  controller.receive((packet) => opcodes.push((packet[1] ?? 0) | ((packet[2] ?? 0) << 8)));
  const host = new HciHost({
    transport,
    clock,
    hear: (event) => heard.push(event),
    data: (packet) => data.push(packet),
  });
  return { clock, host, controller, opcodes, heard, data };
}

const complete = (opcode: number, ...returned: readonly number[]): Uint8Array =>
  Uint8Array.of(0x04, 0x0e, 3 + returned.length, 1, opcode & 0xff, opcode >> 8, ...returned);

test("commands go one at a time, and each gets what the controller returns after the status", async () => {
  const { clock, host, controller, opcodes } = rig();
  const answers = Promise.all([host.command(0x2002), host.command(0x200a, Uint8Array.of(1))]);
  await clock.settle();
  expect(opcodes).toEqual([0x2002]);
  controller.send(complete(0x2002, 0, 0xfb, 0, 8));
  await clock.settle();
  controller.send(complete(0x200a, 0x0c));
  expect(await answers).toEqual([Uint8Array.of(0xfb, 0, 8), null]);
  expect(opcodes).toEqual([0x2002, 0x200a]);
});

test("an answer to another command is no answer, and a status is one", async () => {
  const { clock, host, controller } = rig();
  const answer = host.command(0x0406, Uint8Array.of(0x40, 0, 0x13));
  controller.send(complete(0x0c03, 0));
  controller.send(Uint8Array.of(0x04, 0x0f, 4, 0, 1, 0x06, 0x04));
  await clock.settle();
  expect(await answer).toEqual(new Uint8Array(0));
});

test("a controller that does not answer holds nothing up for longer than two seconds", async () => {
  const { clock, host, opcodes } = rig();
  const first = host.command(0x0c03);
  void host.command(0x0c01);
  await clock.advance(1_999);
  expect(opcodes).toEqual([0x0c03]);
  await clock.advance(1);
  expect(await first).toBeNull();
  expect(opcodes).toEqual([0x0c03, 0x0c01]);
});

test("when the controller has gone, every command ends, also one that is given later", async () => {
  const { host, controller } = rig();
  const pending = [host.command(0x0c03), host.command(0x0c01)];
  controller.close();
  expect(await Promise.all(pending)).toEqual([null, null]);
  expect(await host.command(0x2002)).toBeNull();
});

test("events and data are told apart, and what is neither is nothing", async () => {
  const { clock, controller, heard, data } = rig();
  controller.send(Uint8Array.of(0x04, 0x05, 4, 0, 0x40, 0, 0x08));
  controller.send(Uint8Array.of(0x02, 0x40, 0x20, 1, 0, 9));
  controller.send(Uint8Array.of(0x04, 0x05, 1, 0));
  controller.send(Uint8Array.of(0xff, 1, 2));
  controller.send(new Uint8Array(0));
  await clock.settle();
  expect(heard).toEqual([{ type: "disconnected", handle: 0x40, reason: 0x08 }]);
  expect(data).toEqual([{ handle: 0x40, isFirst: true, fragment: Uint8Array.of(9) }]);
});
