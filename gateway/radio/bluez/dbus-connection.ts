import type { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import { Message, type MessageBus, type MessageFlag, type MessageType, Variant } from "dbus-next";
import { createBluetooth } from "node-ble";
import { DBusFailure, dbusErrors } from "./dbus-failure.ts";

/** The parts of a dbus-next connection that are relied on, checked when it is made. */
export interface DBusConnection {
  readonly bus: MessageBus;
  /** dbus-next tells nobody that a connection has ended; its socket does. */
  readonly stream: Duplex;
}

/** dbus-next's message as it is, not as its declarations say: a reply's serial is a number. */
export interface DBusMessage {
  readonly type: MessageType;
  readonly serial: number;
  readonly replySerial: number | undefined;
  readonly flags: MessageFlag;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string | undefined;
  readonly sender: string;
  readonly body: readonly unknown[];
}

const addressVariable = "DBUS_SYSTEM_BUS_ADDRESS";

/**
 * Begins to connect, through node-ble, to `address`, or else to what the variable DBUS_SYSTEM_BUS_ADDRESS names, or else
 * to the system bus.
 */
export function connectThroughNodeBle(address: string | undefined): DBusConnection {
  const bus: unknown = Reflect.get(openSession(address).bluetooth, "dbus");
  if (!isMessageBus(bus)) throw new DBusFailure(dbusErrors.failed, "this version of node-ble has no D-Bus connection");
  const stream: unknown = Reflect.get(Object(Reflect.get(bus, "_connection")), "stream");
  if (!isDuplex(stream)) throw new DBusFailure(dbusErrors.failed, "this version of dbus-next has no socket");
  return { bus, stream };
}

/** node-ble takes no address, but reads the variable before it returns: so it can be lent to it. */
function openSession(address: string | undefined): ReturnType<typeof createBluetooth> {
  if (address === undefined) return createBluetooth();
  const before = process.env[addressVariable];
  process.env[addressVariable] = address;
  try {
    return createBluetooth();
  } finally {
    if (before === undefined) delete process.env[addressVariable];
    else process.env[addressVariable] = before;
  }
}

/** A value for a place whose signature is `v`. */
export const variant = (signature: string, value: unknown): Variant => new Variant(signature, value);

/** Values as they are: variants opened at every depth, and octets copied out of the message that brought them. */
export function plain(value: unknown): unknown {
  if (value instanceof Variant) return plain(value.value);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** What to send: octets as dbus-next takes them. */
export const wireBody = (body: readonly unknown[]): unknown[] =>
  body.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));

export function isDBusMessage(value: unknown): value is DBusMessage {
  return value instanceof Message && typeof value.type === "number" && Array.isArray(value.body);
}

function isMessageBus(value: unknown): value is MessageBus {
  const methods = ["send", "newSerial", "addMethodHandler", "disconnect", "on", "once"];
  return methods.every((method) => typeof Reflect.get(Object(value), method) === "function");
}

function isDuplex(value: unknown): value is Duplex & EventEmitter {
  return ["destroy", "once", "end"].every((method) => typeof Reflect.get(Object(value), method) === "function");
}
