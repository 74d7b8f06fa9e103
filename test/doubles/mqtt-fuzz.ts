import type { Random } from "../../device-drivers/ports/clock.ts";
import { connectPacket, disconnectPacket, packet, pingPacket, publishPacket, subscribePacket } from "./mqtt-peer.ts";

/**
 * One hostile session: packets that are built from their fields, some with wrong fields, some then damaged, sent in
 * pieces. Blind bytes would not get past the first header; these get into every corner of a session.
 */
export interface FuzzSession {
  readonly clientId: string;
  /** What is sent at once, mostly a CONNECT, and what is sent after the broker's answer. Each in pieces. */
  readonly opening: readonly Uint8Array[];
  readonly rest: readonly Uint8Array[];
}

/** The payload of whatever a session publishes names the session, so that an impostor is recognised. */
export function fuzzSession(number: number, random: Random): FuzzSession {
  const clientId = `fuzz-${number}`;
  const pick: Pick = (first, ...others) => [first, ...others][Math.floor(random() * (others.length + 1))] ?? first;
  // Some only overstep the rules, with packets that are whole: else few sessions would live to be tempted by a topic.
  const next = random() < 0.4 ? fuzzRequest : fuzzPacket;
  const packets = Array.from({ length: Math.floor(random() * 6) }, () => next(clientId, pick, random));
  const first = random() < 0.85 ? connectPacket(clientId, fuzzConnect(pick)) : fuzzPacket(clientId, pick, random);
  const sent = (bytes: Buffer, damaged: number): Buffer => (random() < damaged ? damage(bytes, pick, random) : bytes);
  const rest = Buffer.concat(packets.map((bytes) => sent(bytes, next === fuzzPacket ? 0.2 : 0)));
  const cut = (bytes: Buffer): readonly Uint8Array[] => (random() < 0.3 ? inPieces(bytes, random) : [bytes]);
  return { clientId, opening: cut(sent(first, 0.1)), rest: cut(rest) };
}

type Pick = <T>(first: T, ...others: readonly T[]) => T;

const fuzzConnect = (pick: Pick): Parameters<typeof connectPacket>[1] => ({
  keepAliveS: pick(60, 0, 65_535),
  protocolLevel: pick(4, 4, 4, 4, 4, 4, 4, 4, 3, 5, 0, 255),
  clean: pick(true, false),
});

function fuzzPacket(clientId: string, pick: Pick, random: Random): Buffer {
  const junk = Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256));
  const topic = fuzzTopic(clientId, pick);
  return pick(
    fuzzPublish(clientId, topic, pick),
    fuzzPublish(clientId, topic, pick),
    fuzzPublish(clientId, topic, pick),
    fuzzPublish(clientId, topic, pick),
    subscribePacket(pick(1, 1, 1, 0), topic, "#"),
    packet(0xa2, [0, 1, 0, topic.length % 256, ...Buffer.from(topic)]),
    packet(pick(0x40, 0x50, 0x62, 0x70), [0, 1]),
    pingPacket(),
    disconnectPacket(),
    connectPacket(clientId),
    packet(Math.floor(random() * 256), junk),
    publishPacket(topic, Buffer.alloc(pick(70_000, 65_000, 300))),
  );
}

function fuzzRequest(clientId: string, pick: Pick): Buffer {
  const topic = fuzzTopic(clientId, pick);
  const publish = publishPacket(topic, Buffer.from(clientId), { retain: pick(false, false, false, true) });
  return pick(publish, publish, publish, subscribePacket(1, topic, "#"), pingPacket());
}

const fuzzPublish = (clientId: string, topic: string, pick: Pick): Buffer =>
  publishPacket(topic, Buffer.from(clientId), {
    qos: pick<0 | 1 | 2>(1, 1, 1, 1, 1, 0, 2),
    retain: pick(false, false, false, false, true),
    packetId: pick(1, 7, 65_535, 0),
  });

function fuzzTopic(clientId: string, pick: Pick): string {
  const own = `carepost/v1/${clientId}/${pick("readings", "readings", "events", "state", "results")}`;
  const gateway = pick(clientId, "fuzz-other", "+", "", "ingestor-1", "$SYS");
  const kind = pick("readings", "state", "receipts", "commands", "#", "a/b/c/d/e/f/g/h/i");
  const near = `carepost/v1/${gateway}/${kind}`;
  return pick(own, own, own, own, near, near, near, "#", "", "\u0000", `${"x/".repeat(150)}x`);
}

/** Flips a bit, lies about the length, cuts the end off, or puts bytes in. */
function damage(bytes: Buffer, pick: Pick, random: Random): Buffer {
  const at = Math.floor(random() * Math.min(bytes.length, 40));
  const octet = Math.floor(random() * 256);
  const flipped = Buffer.from(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (octet & 7));
  const lying = Buffer.from(bytes);
  lying[1] = octet;
  const shortened = bytes.subarray(0, at);
  const lengthened = Buffer.concat([shortened, Buffer.of(octet), bytes.subarray(at)]);
  return pick(flipped, lying, shortened, lengthened);
}

function inPieces(bytes: Buffer, random: Random): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length && pieces.length < 40;) {
    const size = 1 + Math.floor(random() * 30);
    pieces.push(pieces.length === 39 ? bytes.subarray(at) : bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
