import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { DBusFailure, dbusErrors } from "./dbus-failure.ts";

type GattCode = keyof typeof gattErrors.table;

/** Core Vol 3 Part F 3.4.1.1. */
const att = {
  invalidHandle: 0x01,
  readNotPermitted: 0x02,
  writeNotPermitted: 0x03,
  insufficientAuthentication: 0x05,
  requestNotSupported: 0x06,
  invalidOffset: 0x07,
  insufficientAuthorization: 0x08,
  invalidAttributeValueLength: 0x0d,
  unlikelyError: 0x0e,
} as const;

/**
 * What a failed `Device1.Connect` means. Its error is nearly always `Failed`, and its message says how (BlueZ,
 * src/error.h; some of the words for BR/EDR are used for LE connections too).
 */
export function connectFailure(cause: unknown): CarepostError {
  const { name, message } = failureOf(cause);
  const [code, said] =
    connectCodes[name] ?? connectMessage(message) ?? (name.startsWith(busErrors) ? noDaemon : refused);
  return gattErrors.make(code, said, { cause, context: { reason: reasonOf(name, message) } });
}

const busErrors = "org.freedesktop.DBus.Error.";
const refused = ["connect-refused", "the connection failed"] as const;
const noDaemon = ["adapter-absent", "bluetoothd does not answer"] as const;
const noAdapter = ["adapter-absent", "the adapter is off or away"] as const;
const noDevice = ["device-absent", "the device does not answer"] as const;
const busy = ["connect-refused", "the device is being connected to by another program"] as const;

const connectCodes: Readonly<Record<string, readonly [GattCode, string]>> = {
  "org.bluez.Error.AlreadyConnected": busy,
  "org.bluez.Error.ConnectionAttemptFailed": noDevice,
  "org.bluez.Error.DoesNotExist": noDevice,
  "org.bluez.Error.InProgress": busy,
  "org.bluez.Error.NotAvailable": noAdapter,
  "org.bluez.Error.NotReady": noAdapter,
  "org.bluez.Error.NotSupported": ["connect-refused", "the adapter cannot connect in the way that the device wants"],
  "org.freedesktop.DBus.Error.AccessDenied": ["adapter-absent", "this user may not use bluetoothd"],
  "org.freedesktop.DBus.Error.UnknownInterface": noDevice,
  "org.freedesktop.DBus.Error.UnknownMethod": noDevice,
  "org.freedesktop.DBus.Error.UnknownObject": noDevice,
};

function connectMessage(message: string): readonly [GattCode, string] | null {
  const known = connectMessages.find(([pattern]) => pattern.test(message));
  return known === undefined ? null : known[1];
}

const connectMessages: readonly (readonly [RegExp, readonly [GattCode, string]])[] = [
  [/adapter-not-powered|Input\/output error|Resource Not Ready/, noAdapter],
  // Newer daemons add the HCI status after the words, which is why they are not compared whole.
  [/abort(ed)?-by-local|page-timeout|connection-timeout|Host is down|timed out|connection abort/i, noDevice],
  [/canceled/, ["connect-timeout", "the connection was given up"]],
  [/abort(ed)?-by-remote|refused|already-connected|busy|concurrent/i, ["connect-refused", "the device refused"]],
];

/** What a failed GATT operation means (BlueZ, `create_gatt_dbus_error` of src/gatt-client.c). */
export function operationFailure(cause: unknown): CarepostError {
  const { name, message } = failureOf(cause);
  const context = { reason: reasonOf(name, message) };
  const attError = attErrorOf(name, message);
  if (attError !== null) {
    const said = `the device answered with ATT error 0x${attError.toString(16).padStart(2, "0")}`;
    return gattErrors.make("att-error", said, { cause, context: { ...context, attError } });
  }
  // The bus itself answers so for a bluetoothd that has died.
  if (name === dbusErrors.noReply && !/disconnected/i.test(message)) {
    return gattErrors.make("operation-timeout", "the device did not answer in time", { cause, context });
  }
  if (name === "org.bluez.Error.InProgress") {
    const said = "another program's operation on the characteristic does not end";
    return gattErrors.make("operation-timeout", said, { cause, context });
  }
  return gattErrors.make("link-lost", "the link ended during the operation", { cause, context });
}

function attErrorOf(name: string, message: string): number | null {
  const told = /ATT error: 0x([0-9a-f]{1,2})/i.exec(message)?.[1];
  if (told !== undefined) return Number.parseInt(told, 16);
  const attError = attErrors[name]?.find(([pattern]) => pattern.test(message))?.[1];
  return attError ?? null;
}

/** By the error's name, and then by its message. What has no ATT error has to do with the link, not with the device's answer. */
const attErrors: Readonly<Record<string, readonly (readonly [RegExp, number])[]>> = {
  "org.bluez.Error.Failed": [[/^Operation failed$/, att.unlikelyError]],
  "org.bluez.Error.InvalidArguments": [
    [/length/i, att.invalidAttributeValueLength],
    [/offset/i, att.invalidOffset],
    [/(?:)/, att.unlikelyError],
  ],
  "org.bluez.Error.InvalidOffset": [[/(?:)/, att.invalidOffset]],
  "org.bluez.Error.InvalidValueLength": [[/(?:)/, att.invalidAttributeValueLength]],
  "org.bluez.Error.NotAuthorized": [[/(?:)/, att.insufficientAuthorization]],
  "org.bluez.Error.NotPermitted": [
    [/paired/i, att.insufficientAuthentication],
    [/write/i, att.writeNotPermitted],
    [/(?:)/, att.readNotPermitted],
  ],
  "org.bluez.Error.NotSupported": [[/(?:)/, att.requestNotSupported]],
  "org.freedesktop.DBus.Error.UnknownMethod": [[/(?:)/, att.invalidHandle]],
  "org.freedesktop.DBus.Error.UnknownObject": [[/(?:)/, att.invalidHandle]],
};

/** What a failed call to the adapter means: it is off, away, or bluetoothd is. */
export function adapterFailure(cause: unknown): CarepostError {
  const { name, message } = failureOf(cause);
  const [, said] = name.startsWith("org.bluez.") ? noAdapter : noDaemon;
  return gattErrors.make("adapter-absent", said, { cause, context: { reason: reasonOf(name, message) } });
}

const failureOf = (cause: unknown): { readonly name: string; readonly message: string } =>
  cause instanceof DBusFailure ? cause : { name: "", message: "" };

/** BlueZ's own words for the log; they never hold an address or a value. */
function reasonOf(name: string, message: string): string {
  const short = name.split(".").at(-1) ?? "";
  return short === "Failed" ? message.slice(0, 80) : short;
}
