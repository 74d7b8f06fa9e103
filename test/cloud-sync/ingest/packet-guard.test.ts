import { expect, test } from "vitest";
import { PacketScanner } from "../../../cloud-sync/ingest/packet-guard.ts";
import {
  connectPacket,
  disconnectPacket,
  fixedHeader,
  packet,
  pingPacket,
  publishPacket,
  subscribePacket,
} from "../../doubles/mqtt-peer.ts";

const limits = { controlBytesMax: 2048, publishBytesMax: 65_536, packetsPerSMax: 1000 };
let nowMs = 0;
const clock = { monotonicMs: () => nowMs };
const payload = (bytes: number): Uint8Array => new Uint8Array(bytes);

const scan = (...packets: readonly Uint8Array[]): string | null =>
  new PacketScanner(limits, clock).scan(Buffer.concat(packets));

test("what a gateway says passes", () => {
  const session = [
    connectPacket("gw-1"),
    subscribePacket(1, "carepost/v1/gw-1/receipts"),
    publishPacket("carepost/v1/gw-1/readings", payload(61_440)),
    publishPacket("carepost/v1/gw-1/state", payload(0), { qos: 0, retain: true }),
    packet(0x40, [0, 1]),
    pingPacket(),
    disconnectPacket(),
  ];
  expect(scan(...session)).toBeNull();
  const whole = Buffer.concat(session);
  for (const slice of [1, 2, 3, 7, 1000]) {
    const scanner = new PacketScanner(limits, clock);
    for (let at = 0; at < whole.length; at += slice) expect(scanner.scan(whole.subarray(at, at + slice))).toBeNull();
  }
});

test("what nobody should say is named", () => {
  const connected = connectPacket("gw-1");
  const cases: readonly (readonly [fault: string, packets: readonly Uint8Array[]])[] = [
    ["first-packet-not-connect", [pingPacket()]],
    ["first-packet-not-connect", [Buffer.from("GET / HTTP/1.1\r\n")]],
    ["first-packet-not-connect", [Buffer.of(0x16, 3, 1, 2, 0)]],
    ["packet-too-large", [fixedHeader(0x10, 2049)]],
    ["packet-too-large", [fixedHeader(0x10, 268_435_455)]],
    ["second-connect", [connected, connected]],
    ["packet-too-large", [connected, fixedHeader(0x32, 65_537)]],
    ["packet-too-large", [connected, fixedHeader(0x82, 2049)]],
    ["qos-refused", [connected, publishPacket("t", payload(1), { qos: 2 })]],
    ["qos-refused", [connected, Buffer.of(0x36)]],
    ["length-malformed", [connected, Buffer.of(0xc0, 0x80, 0x80, 0x80, 0x80)]],
    ...[0x00, 0x20, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xf0].map(
      (first) => ["packet-type-refused", [connected, Buffer.of(first, 0)]] as const,
    ),
  ];
  for (const [fault, packets] of cases) expect([fault, scan(...packets)]).toEqual([fault, fault]);
});

test("a packet of exactly the largest size passes, and the next octet more does not", () => {
  expect(scan(fixedHeader(0x10, 2048), payload(2048), fixedHeader(0x32, 65_536), payload(65_536))).toBeNull();
  expect(scan(fixedHeader(0x10, 2048), payload(2048), fixedHeader(0x32, 65_537))).toBe("packet-too-large");
});

test("a large packet is refused by its header, before its body has come", () => {
  const scanner = new PacketScanner(limits, clock);
  expect(scanner.scan(Buffer.of(0x10, 0xff))).toBeNull();
  expect(scanner.scan(Buffer.of(0x7f))).toBe("packet-too-large");
});

test("more packets in a second than one connection may send are a flood; a second later it may send again", () => {
  const pings = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => pingPacket()));
  const scanner = new PacketScanner(limits, clock);
  expect(scanner.scan(Buffer.concat([connectPacket("gw-1"), pings(999)]))).toBeNull();
  nowMs += 1000;
  expect(scanner.scan(pings(1000))).toBeNull();
  expect(scanner.scan(pings(1))).toBe("packet-flood");
});
