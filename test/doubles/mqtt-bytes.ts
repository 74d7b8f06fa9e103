/**
 * As much of the MQTT wire format, 3.1.1 and 5, as a broker under a test's thumb needs. It is written from the
 * standard and shares nothing with the client that it tests.
 */
export type MqttVersion = 4 | 5;

export type SeenPacket =
  | {
      readonly type: "connect";
      readonly version: MqttVersion;
      readonly clientId: string;
      readonly will: SeenWill | null;
    }
  | ({ readonly type: "publish"; readonly qos: number; readonly packetId: number } & SeenWill)
  | { readonly type: "subscribe"; readonly packetId: number; readonly filters: readonly string[] }
  | { readonly type: "puback"; readonly packetId: number }
  | { readonly type: "pingreq" }
  | { readonly type: "disconnect" };

export interface SeenWill {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/** Takes whole packets off the front of what has arrived, and says how many bytes they were. */
export function readPackets(bytes: Buffer, version: MqttVersion): { packets: SeenPacket[]; taken: number } {
  const packets: SeenPacket[] = [];
  let taken = 0;
  let spoken = version;
  for (;;) {
    const length = readLength(bytes, taken + 1);
    if (length === null || length.end + length.value > bytes.length) return { packets, taken };
    const reader = new Reader(bytes.subarray(length.end, length.end + length.value), spoken);
    const packet = readPacket(bytes[taken] ?? 0, reader);
    if (packet.type === "connect") spoken = packet.version;
    packets.push(packet);
    taken = length.end + length.value;
  }
}

export const connack = (version: MqttVersion, reason: number, properties: readonly number[] = []): Buffer =>
  framed(0x20, version === 5 ? [0, reason, properties.length, ...properties] : [0, reason]);

export const puback = (version: MqttVersion, packetId: number, reason = 0): Buffer =>
  framed(0x40, version === 5 && reason !== 0 ? [...u16(packetId), reason, 0] : u16(packetId));

export const suback = (version: MqttVersion, packetId: number, reasons: readonly number[]): Buffer =>
  framed(0x90, version === 5 ? [...u16(packetId), 0, ...reasons] : [...u16(packetId), ...reasons]);

export const pingresp = (): Buffer => framed(0xd0, []);

/** MQTT 5 only: the broker says why it ends the connection. */
export const disconnect = (reason: number): Buffer => framed(0xe0, [reason, 0]);

/** A QoS 0 message to a subscriber. */
export function publish(version: MqttVersion, message: SeenWill): Buffer {
  const topic = Buffer.from(message.topic);
  const properties = version === 5 ? [0] : [];
  return framed(0x30 | (message.retain ? 1 : 0), [...u16(topic.length), ...topic, ...properties, ...message.payload]);
}

/** A QoS 1 message to a subscriber, which owes an acknowledgement for it. */
export function publishToAcknowledge(version: MqttVersion, message: SeenWill, packetId: number): Buffer {
  const topic = Buffer.from(message.topic);
  const properties = version === 5 ? [0] : [];
  return framed(0x32, [...u16(topic.length), ...topic, ...u16(packetId), ...properties, ...message.payload]);
}

/** The Receive Maximum (0x21) and Maximum Packet Size (0x27) of a CONNACK. */
export const receiveMaximum = (value: number): readonly number[] => [0x21, ...u16(value)];
export const maximumPacketSize = (value: number): readonly number[] => [
  0x27,
  ...u16(value >>> 16),
  ...u16(value & 0xffff),
];

function readPacket(header: number, reader: Reader): SeenPacket {
  switch (header >> 4) {
    case 1:
      return readConnect(reader);
    case 3:
      return readPublish(header, reader);
    case 4:
      return { type: "puback", packetId: reader.u16() };
    case 8:
      return { type: "subscribe", packetId: reader.id(), filters: reader.filters() };
    case 12:
      return { type: "pingreq" };
    case 14:
      return { type: "disconnect" };
    default:
      throw new RangeError(`a packet that this broker does not know: 0x${header.toString(16)}`);
  }
}

function readConnect(reader: Reader): SeenPacket {
  reader.text();
  const version = reader.u8() === 5 ? 5 : 4;
  reader.version = version;
  const flags = reader.u8();
  reader.u16();
  reader.properties();
  const clientId = reader.text();
  if ((flags & 4) === 0) return { type: "connect", version, clientId, will: null };
  reader.properties();
  const will = { topic: reader.text(), payload: reader.block(), retain: (flags & 32) !== 0 };
  return { type: "connect", version, clientId, will };
}

function readPublish(header: number, reader: Reader): SeenPacket {
  const topic = reader.text();
  const qos = (header >> 1) & 3;
  const packetId = qos > 0 ? reader.u16() : 0;
  reader.properties();
  return { type: "publish", topic, qos, packetId, retain: (header & 1) === 1, payload: reader.rest() };
}

class Reader {
  version: MqttVersion;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer, version: MqttVersion) {
    this.#bytes = bytes;
    this.version = version;
  }

  u8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  u16(): number {
    return this.u8() * 256 + this.u8();
  }

  id(): number {
    const id = this.u16();
    this.properties();
    return id;
  }

  block(): Buffer {
    const length = this.u16();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.block().toString();
  }

  /** Only MQTT 5 has properties; nobody here looks at them. */
  properties(): void {
    if (this.version !== 5) return;
    const length = readLength(this.#bytes, this.#at);
    this.#at = (length?.end ?? this.#at) + (length?.value ?? 0);
  }

  filters(): readonly string[] {
    const filters: string[] = [];
    while (this.#at < this.#bytes.length) {
      filters.push(this.text());
      this.u8();
    }
    return filters;
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }
}

function readLength(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[from + index];
    if (byte === undefined) return null;
    value += (byte & 127) * 128 ** index;
    if (byte < 128) return { value, end: from + index + 1 };
  }
  throw new RangeError("a remaining length of more than four bytes");
}

function framed(header: number, body: readonly number[]): Buffer {
  const length: number[] = [];
  let rest = body.length;
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from([header, ...length, ...body]);
}

const u16 = (value: number): readonly number[] => [value >>> 8, value & 255];
