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
    log: () => undefined,
    ...(protocolVersion === 5 ? { properties: connectProperties(options) } : {}),
    ...tlsOptions(options),
    ...loginOptions(options),
    ...(options.will === undefined ? {} : { will: lastWill(options.will, protocolVersion) }),
  };
}

function connectProperties({ receiveMaximum }: ConnectOptions): mqtt.IClientOptions["properties"] {
  const properties = { sessionExpiryInterval: 0, maximumPacketSize: incomingBytesMax };
  return receiveMaximum === undefined ? properties : { ...properties, receiveMaximum };
}

/** A peer that cannot prove its name is refused, whatever the environment of the process says. */
function tlsOptions({ tls }: ConnectOptions): mqtt.IClientOptions {
  if (tls === undefined) return { rejectUnauthorized: true };
  const { ca, cert, key } = tls();
  return {
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  };
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
