/**
 * As much of MQTT 3.1.1 as a hub speaks, from the standard: the packets of a client as they come, those of the hub as
 * bytes. Whatever breaks a MUST of the standard is malformed, and ends a connection.
 */
export type ClientPacket =
  | ConnectPacket
  | PublishPacket
  | { readonly type: "puback"; readonly packetId: number }
  | { readonly type: "subscribe"; readonly packetId: number; readonly wishes: readonly SubscriptionWish[] }
  | { readonly type: "unsubscribe"; readonly packetId: number; readonly filters: readonly string[] }
  | { readonly type: "pingreq" }
  | { readonly type: "disconnect" };

export interface ConnectPacket {
  readonly type: "connect";
  readonly protocolLevel: number;
  readonly clientId: string;
  readonly clean: boolean;
  readonly keepAliveS: number;
  readonly will: WillMessage | null;
  readonly username: string | null;
  readonly password: string | null;
}

export interface PublishPacket extends WillMessage {
  readonly type: "publish";
  /** 0 for QoS 0. */
  readonly packetId: number;
}

export interface WillMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
}

export interface SubscriptionWish {
  readonly filter: string;
  readonly qos: number;
}

export interface Frame {
  readonly header: number;
  readonly body: Buffer;
  /** How many bytes it took of what has arrived. */
  readonly bytes: number;
}

/** Thrown where the bytes are no MQTT 3.1.1. */
export class MalformedPacket extends Error {
  override readonly name = "MalformedPacket";
}

/** The next frame; null while it is not whole. Throws `MalformedPacket`. */
export function nextFrame(arrived: Buffer): Frame | null {
  let length = 0;
  for (let index = 1; index <= 4; index += 1) {
    const octet = arrived[index];
    if (octet === undefined) return null;
    length += (octet & 0x7f) * 128 ** (index - 1);
    if (octet < 0x80) {
      const bytes = index + 1 + length;
      return arrived.length < bytes
        ? null
        : { header: arrived[0] ?? 0, body: arrived.subarray(index + 1, bytes), bytes };
    }
  }
  throw new MalformedPacket("a remaining length of more than four octets");
}

/** How long the frame at the front says it is, before it is whole; null if it has not said so yet. */
export function announcedBytes(arrived: Buffer): number | null {
  let length = 0;
  for (let index = 1; index <= 4; index += 1) {
    const octet = arrived[index];
    if (octet === undefined) return null;
    length += (octet & 0x7f) * 128 ** (index - 1);
    if (octet < 0x80) return index + 1 + length;
  }
  return null;
}

/** Throws `MalformedPacket`. */
export function readPacket({ header, body }: Frame): ClientPacket {
  const reader = new Reader(body);
  switch (header >>> 4) {
    case 1:
      return readConnect(reader);
    case 3:
      return readPublish(header, reader);
    case 4:
      return { type: "puback", packetId: reader.uint16() };
    case 8:
      return { type: "subscribe", packetId: reader.uint16(), wishes: readWishes(reader) };
    case 10:
      return { type: "unsubscribe", packetId: reader.uint16(), filters: readFilters(reader) };
    case 12:
      return { type: "pingreq" };
    case 14:
      return { type: "disconnect" };
    default:
      throw new MalformedPacket(`a packet of type ${header >>> 4}, which no client sends`);
  }
}

function readConnect(reader: Reader): ConnectPacket {
  if (reader.text() !== "MQTT") throw new MalformedPacket("a protocol name other than MQTT");
  const protocolLevel = reader.uint8();
  const flags = reader.uint8();
  if ((flags & 1) !== 0) throw new MalformedPacket("the reserved flag of CONNECT is set");
  const keepAliveS = reader.uint16();
  // Another version goes on in another way: what is known of it is enough to refuse it.
  if (protocolLevel !== 4) return { ...nobody, protocolLevel, keepAliveS };
  const clientId = reader.text();
  const will =
    (flags & 0x04) === 0
      ? null
      : {
          topic: reader.text(),
          payload: reader.bytes(),
          qos: (flags >>> 3) & 3,
          retain: (flags & 0x20) !== 0,
        };
  return {
    type: "connect",
    protocolLevel,
    clientId,
    clean: (flags & 0x02) !== 0,
    keepAliveS,
    will,
    username: (flags & 0x80) === 0 ? null : reader.text(),
    password: (flags & 0x40) === 0 ? null : reader.bytes().toString("utf8"),
  };
}

const nobody = { type: "connect", clientId: "", clean: true, will: null, username: null, password: null } as const;

function readPublish(header: number, reader: Reader): PublishPacket {
  const qos = (header >>> 1) & 3;
  if (qos === 3) throw new MalformedPacket("a PUBLISH of QoS 3");
  const topic = reader.text();
  if (/[+#]/.test(topic)) throw new MalformedPacket("a wildcard in the topic of a PUBLISH");
  const packetId = qos === 0 ? 0 : reader.uint16();
  return { type: "publish", topic, packetId, qos, retain: (header & 1) === 1, payload: reader.rest() };
}

function readWishes(reader: Reader): readonly SubscriptionWish[] {
  const wishes: SubscriptionWish[] = [];
  while (!reader.isAtEnd) wishes.push({ filter: reader.text(), qos: reader.uint8() & 3 });
  if (wishes.length === 0) throw new MalformedPacket("a SUBSCRIBE to nothing");
  return wishes;
}

function readFilters(reader: Reader): readonly string[] {
  const filters: string[] = [];
  while (!reader.isAtEnd) filters.push(reader.text());
  return filters;
}

export const connack = (returnCode: number, sessionPresent = false): Buffer =>
  Buffer.from([0x20, 2, sessionPresent ? 1 : 0, returnCode]);
export const puback = (packetId: number): Buffer => Buffer.from([0x40, 2, ...uint16(packetId)]);
export const suback = (packetId: number, granted: readonly number[]): Buffer =>
  framed(0x90, [Buffer.from([...uint16(packetId), ...granted])]);
export const unsuback = (packetId: number): Buffer => Buffer.from([0xb0, 2, ...uint16(packetId)]);
export const pingresp = (): Buffer => Buffer.from([0xd0, 0]);

/** A packet id makes it QoS 1; null QoS 0. */
export function publish(topic: string, payload: Uint8Array, packetId: number | null): Buffer {
  const name = Buffer.from(topic);
  const id = packetId === null ? [] : [Buffer.from(uint16(packetId))];
  return framed(packetId === null ? 0x30 : 0x32, [Buffer.from(uint16(name.length)), name, ...id, Buffer.from(payload)]);
}

const uint16 = (value: number): readonly [number, number] => [value >>> 8, value & 0xff];

function framed(header: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([header, ...length]), body]);
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint8(): number {
    return this.#take(1)[0] ?? 0;
  }

  uint16(): number {
    return this.#take(2).readUInt16BE(0);
  }

  bytes(): Buffer {
    return this.#take(this.uint16());
  }

  text(): string {
    const bytes = this.bytes();
    const text = bytes.toString("utf8");
    if (!Buffer.from(text).equals(bytes) || text.includes("\0")) throw new MalformedPacket("a text that is not UTF-8");
    return text;
  }

  rest(): Buffer {
    return this.#take(this.#bytes.length - this.#at);
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw new MalformedPacket("a packet that ends too early");
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }
}
