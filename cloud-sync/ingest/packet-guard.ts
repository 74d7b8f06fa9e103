import type { Socket } from "node:net";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { RateLimit } from "./rate-limit.ts";

/** Why a peer's bytes are not passed on. Each ends the connection. */
export type PacketFault =
  | "first-packet-not-connect"
  | "second-connect"
  | "packet-type-refused"
  | "qos-refused"
  | "length-malformed"
  | "packet-flood"
  | "packet-too-large";

export type PacketLimits = Pick<BrokerLimits, "controlBytesMax" | "publishBytesMax" | "packetsPerSMax">;

export interface PacketGuardPorts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly onFault: (fault: PacketFault) => void;
}

/**
 * Puts a guard between a socket and its reader. The reader must take its bytes with `read()` alone, as aedes does:
 * every byte then passes here once, before a parser would gather it. On a fault the socket is cut and nothing passes.
 */
export function guardPackets(socket: Socket, limits: PacketLimits, { clock, onFault }: PacketGuardPorts): void {
  const scanner = new PacketScanner(limits, clock);
  const read = socket.read.bind(socket);
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size);
    const fault = chunk instanceof Uint8Array ? scanner.scan(chunk) : null;
    if (fault === null) return chunk;
    socket.destroy();
    onFault(fault);
    return null;
  };
}

const packetType = { connect: 1, publish: 3, puback: 4, subscribe: 8, unsubscribe: 10, pingreq: 12, disconnect: 14 };

/** What a gateway or an ingestor sends after CONNECT. QoS 2 is not among it, so its four packets never come. */
const sessionTypes: ReadonlySet<number> = new Set([
  packetType.publish,
  packetType.puback,
  packetType.subscribe,
  packetType.unsubscribe,
  packetType.pingreq,
  packetType.disconnect,
]);

/**
 * Follows the fixed headers of a stream of MQTT packets (MQTT 3.1.1, 2.2): the type, the flags and the remaining
 * length of each, in chunks cut anywhere. Bodies are skipped unread; what is inside them is the parser's business.
 */
export class PacketScanner {
  readonly #limits: PacketLimits;
  readonly #rate: RateLimit;
  #connected = false;
  /** The type of the packet whose length is being read; null between packets and in a body. */
  #type: number | null = null;
  #length = 0;
  #lengthBytes = 0;
  #bodyBytesLeft = 0;

  constructor(limits: PacketLimits, clock: Pick<Clock, "monotonicMs">) {
    this.#limits = limits;
    this.#rate = new RateLimit(clock, limits.packetsPerSMax);
  }

  scan(chunk: Uint8Array): PacketFault | null {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#bodyBytesLeft > 0) {
        const skipped = Math.min(this.#bodyBytesLeft, chunk.byteLength - at);
        this.#bodyBytesLeft -= skipped;
        at += skipped;
        continue;
      }
      const octet = chunk[at] ?? 0;
      at += 1;
      const fault = this.#type === null ? this.#startPacket(octet) : this.#readLength(octet, this.#type);
      if (fault !== null) return fault;
    }
    return null;
  }

  #startPacket(octet: number): PacketFault | null {
    const type = octet >> 4;
    // The whole octet, because a TLS hello starts with 0x16, which is a CONNECT but for its flags.
    if (!this.#connected && octet !== packetType.connect << 4) return "first-packet-not-connect";
    if (this.#connected && type === packetType.connect) return "second-connect";
    if (this.#connected && !sessionTypes.has(type)) return "packet-type-refused";
    if (!this.#rate.take()) return "packet-flood";
    if (type === packetType.publish && ((octet >> 1) & 0b11) > 1) return "qos-refused";
    this.#type = type;
    this.#length = 0;
    this.#lengthBytes = 0;
    return null;
  }

  /** The remaining length: seven bits an octet, least significant first, at most four octets (2.2.3). */
  #readLength(octet: number, type: number): PacketFault | null {
    this.#length += (octet & 0x7f) * 128 ** this.#lengthBytes;
    this.#lengthBytes += 1;
    const bytesMax = type === packetType.publish ? this.#limits.publishBytesMax : this.#limits.controlBytesMax;
    if (this.#length > bytesMax) return "packet-too-large";
    if ((octet & 0x80) !== 0) return this.#lengthBytes === 4 ? "length-malformed" : null;
    this.#type = null;
    this.#connected = true;
    this.#bodyBytesLeft = this.#length;
    return null;
  }
}
