import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";

/**
 * A peer of a broker that speaks MQTT 3.1.1 byte by byte, so that it can also say what no client library would.
 * It is written from the standard and shares nothing with the broker that it tests.
 */
export interface MqttPeer {
  send(...packets: readonly Uint8Array[]): void;
  /** The next packet that the broker sends. Rejects if the connection ends first. */
  next(): Promise<HeardPacket>;
  /** Resolves when the connection is over, whoever ended it. */
  readonly ended: Promise<void>;
  end(): void;
}

export interface HeardPacket {
  readonly type: number;
  /** The low half of the first octet. */
  readonly flags: number;
  readonly body: Buffer;
}

export const packetTypes = { connack: 2, publish: 3, puback: 4, suback: 9, unsuback: 11, pingresp: 13 };

export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  /** With it the peer speaks TLS, and shows this certificate if there is one. */
  readonly tls?: TlsMaterial | undefined;
}

export async function openPeer(address: PeerAddress): Promise<MqttPeer> {
  const socket = socketTo(address);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(address.tls === undefined ? "connect" : "secureConnect", resolve);
  socket.once("error", reject);
  await promise;
  return new SocketPeer(socket);
}

function socketTo({ host, port, tls }: PeerAddress): Socket {
  if (tls === undefined) return connect({ host, port, noDelay: true });
  const { ca, cert, key } = tls;
  const socket = connectTls({
    host,
    port,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  });
  return socket.setNoDelay(true);
}

/** Connects as a client of that id and waits for the CONNACK. */
export async function joinAs(address: PeerAddress, id: string): Promise<MqttPeer> {
  const peer = await openPeer(address);
  peer.send(connectPacket(id));
  const answer = await peer.next();
  if (answer.type !== packetTypes.connack || answer.body[1] !== 0) throw new Error(`refused: ${answer.body[1]}`);
  return peer;
}

class SocketPeer implements MqttPeer {
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #heard: HeardPacket[] = [];
  #received: Buffer = Buffer.alloc(0);
  #changed = Promise.withResolvers<void>();
  #over = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#takePackets();
      this.#announce();
    });
    this.ended = new Promise((resolve) => {
      socket.once("close", () => {
        this.#over = true;
        this.#announce();
        resolve();
      });
    });
  }

  send(...packets: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(packets));
  }

  async next(): Promise<HeardPacket> {
    for (;;) {
      const packet = this.#heard.shift();
      if (packet !== undefined) return packet;
      if (this.#over) throw new Error("the connection ended");
      await this.#changed.promise;
    }
  }

  end(): void {
    this.#socket.destroy();
  }

  #takePackets(): void {
    for (;;) {
      const header = readHeader(this.#received);
      if (header === null || this.#received.length < header.end) return;
      const body = Buffer.from(this.#received.subarray(header.start, header.end));
      const first = this.#received[0] ?? 0;
      this.#heard.push({ type: first >> 4, flags: first & 15, body });
      this.#received = this.#received.subarray(header.end);
    }
  }

  #announce(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

export interface ConnectFields {
  readonly keepAliveS?: number;
  readonly protocolLevel?: number;
  readonly clean?: boolean;
  readonly will?: { readonly topic: string; readonly payload: string; readonly retain: boolean };
}

export function connectPacket(clientId: string, fields: ConnectFields = {}): Buffer {
  const { keepAliveS = 60, protocolLevel = 4, clean = true, will } = fields;
  const flags = (clean ? 2 : 0) | (will === undefined ? 0 : 4) | (will?.retain === true ? 32 : 0);
  const rest = will === undefined ? [] : [...text(will.topic), ...text(will.payload)];
  return packet(0x10, [...text("MQTT"), protocolLevel, flags, ...u16(keepAliveS), ...text(clientId), ...rest]);
}

export interface PublishFields {
  readonly qos?: 0 | 1 | 2;
  readonly packetId?: number;
  readonly retain?: boolean;
}

export function publishPacket(topic: string, payload: Uint8Array, fields: PublishFields = {}): Buffer {
  const { qos = 1, packetId = 1, retain = false } = fields;
  const head = [...text(topic), ...(qos > 0 ? u16(packetId) : [])];
  return Buffer.concat([
    fixedHeader(0x30 | (qos << 1) | Number(retain), head.length + payload.length),
    Buffer.from(head),
    payload,
  ]);
}

export const subscribePacket = (packetId: number, ...filters: readonly string[]): Buffer =>
  packet(0x82, [...u16(packetId), ...filters.flatMap((filter) => text(filter).concat(1))]);

export const pingPacket = (): Buffer => packet(0xc0, []);
export const disconnectPacket = (): Buffer => packet(0xe0, []);

export const packet = (first: number, body: readonly number[]): Buffer =>
  Buffer.concat([fixedHeader(first, body.length), Buffer.from(body)]);

/** The first octet and a remaining length, which need not be true. */
export function fixedHeader(first: number, remainingLength: number): Buffer {
  const octets = [first];
  let rest = remainingLength;
  do {
    octets.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(octets);
}

/** The payload of a PUBLISH that was heard, and its packet id; 0 at QoS 0, which has none. */
export function heardMessage({ body, flags }: HeardPacket): {
  readonly topic: string;
  readonly packetId: number;
  readonly payload: string;
} {
  const topicEnd = 2 + body.readUInt16BE(0);
  const topic = body.toString("utf8", 2, topicEnd);
  if ((flags & 6) === 0) return { topic, packetId: 0, payload: body.toString("utf8", topicEnd) };
  return { topic, packetId: body.readUInt16BE(topicEnd), payload: body.toString("utf8", topicEnd + 2) };
}

function readHeader(bytes: Buffer): { readonly start: number; readonly end: number } | null {
  let length = 0;
  for (let index = 0; index < 4; index += 1) {
    const octet = bytes[index + 1];
    if (octet === undefined) return null;
    length += (octet & 127) * 128 ** index;
    if (octet < 128) return { start: index + 2, end: index + 2 + length };
  }
  throw new RangeError("the broker sent a malformed length");
}

const u16 = (value: number): readonly number[] => [value >>> 8, value & 255];
const text = (value: string): readonly number[] => [...u16(Buffer.byteLength(value)), ...Buffer.from(value)];
