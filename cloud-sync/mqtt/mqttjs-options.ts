import { Store } from "mqtt";
import type mqtt from "mqtt";
import type { ConnectOptions, OutgoingMessage } from "./connection.ts";
import { PacketIds } from "./packet-ids.ts";

/** Options of mqtt.js that make a client one connection, without a queue, a store or a second life. */
export function clientOptions(options: ConnectOptions, protocolVersion: 4 | 5): mqtt.IClientOptions {
  return {
    clientId: options.clientId,
    protocolVersion,
    clean: options.session !== "kept",
    keepalive: options.keepAliveS,
    // The ping is sent whether or not data flows: an answered ping is the only proof that the peer is there, and a
    // timer that is not set anew for each acknowledgement is cheaper.
    reschedulePings: false,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    outgoingStore: new NoStore(),
    messageIdProvider: new PacketIds(),
    // It would make a buffer for each of 65,536 numbers at the first packet: 25 ms of a start, and 12 MB.
    writeCache: false,
    log: () => undefined,
    ...(protocolVersion === 5 ? { properties: connectProperties(options) } : {}),
    ...loginOptions(options),
    ...(options.will === undefined ? {} : { will: lastWill(options.will, protocolVersion) }),
  };
}

function connectProperties({ receiveMaximum }: ConnectOptions): mqtt.IClientOptions["properties"] {
  const properties = { sessionExpiryInterval: 0, maximumPacketSize: incomingBytesMax };
  return receiveMaximum === undefined ? properties : { ...properties, receiveMaximum };
}

function loginOptions({ login }: ConnectOptions): mqtt.IClientOptions {
  if (login === undefined) return {};
  const { username, password } = login();
  return { username, ...(password === null ? {} : { password }) };
}

/** Receipts, commands and retained messages are a few kilobytes at most. */
const incomingBytesMax = 262_144;

/** Keeps nothing: what is not acknowledged is sent again by whoever has it on disk. */
class NoStore extends Store {
  override put(_packet: unknown, done: () => void): this {
    done();
    return this;
  }

  override del(_packet: unknown, done: () => void): this {
    done();
    return this;
  }
}

function lastWill(will: OutgoingMessage, protocolVersion: 4 | 5): NonNullable<mqtt.IClientOptions["will"]> {
  return {
    topic: will.topic,
    payload: asBuffer(will.payload),
    qos: will.qos,
    retain: will.retain,
    ...(protocolVersion === 5 && will.contentType !== undefined
      ? { properties: { contentType: will.contentType } }
      : {}),
  };
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
