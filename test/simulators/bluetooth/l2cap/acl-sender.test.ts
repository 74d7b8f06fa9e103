import { expect, test } from "vitest";
import { AclSender } from "../../../../simulators/bluetooth/l2cap/acl-sender.ts";

const frameOf = (octets: number) => ({ channel: 4, payload: Uint8Array.from({ length: octets }, (_, at) => at) });

function sender(packets: number): { readonly acl: AclSender; readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  return { acl: new AclSender(0x0040, { fragmentOctetsMax: 10, packets }, (packet) => sent.push(packet)), sent };
}

test("a frame goes in fragments, the first marked as such and the others as its continuation", () => {
  const { acl, sent } = sender(8);
  acl.send(frameOf(8));
  expect(sent).toEqual([
    Uint8Array.of(0x02, 0x40, 0x00, 10, 0, 8, 0, 4, 0, 0, 1, 2, 3, 4, 5),
    Uint8Array.of(0x02, 0x40, 0x10, 2, 0, 6, 7),
  ]);
});

test("the controller never has more packets than it has room for", () => {
  const { acl, sent } = sender(2);
  acl.send(frameOf(36));
  expect(sent).toHaveLength(2);
  acl.completed(1);
  expect(sent).toHaveLength(3);
  acl.completed(2);
  expect(sent).toHaveLength(4);
  acl.completed(9);
  acl.send(frameOf(1));
  expect(sent).toHaveLength(5);
});

test("frames stay whole and in order", () => {
  const { acl, sent } = sender(1);
  acl.send(frameOf(8));
  acl.send(frameOf(1));
  for (let turn = 0; turn < 3; turn += 1) acl.completed(1);
  expect(sent.map((packet) => packet[2])).toEqual([0x00, 0x10, 0x00]);
});

test("there is room again when enough has gone out, and everything is out when it is acknowledged", async () => {
  const { acl } = sender(1);
  const order: string[] = [];
  for (let frame = 0; frame < 33; frame += 1) acl.send(frameOf(1));
  const waiting = [acl.room().then(() => order.push("room")), acl.drained().then(() => order.push("drained"))];
  acl.completed(1);
  await waiting[0];
  expect(order).toEqual(["room"]);
  for (let frame = 0; frame < 32; frame += 1) acl.completed(1);
  await Promise.all(waiting);
  expect(order).toEqual(["room", "drained"]);
});

test("when the connection has ended nothing goes out, and nobody is left waiting", async () => {
  const { acl, sent } = sender(1);
  for (let frame = 0; frame < 40; frame += 1) acl.send(frameOf(1));
  const waiting = Promise.all([acl.room(), acl.drained()]);
  acl.close();
  await waiting;
  acl.completed(1);
  acl.send(frameOf(1));
  await Promise.all([acl.room(), acl.drained()]);
  expect(sent).toHaveLength(1);
});
