import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import { attErrors } from "../peripherals/virtual-peripheral.ts";
import type { Refusal } from "./service-bus.ts";

/** What a method of an object answers: the body of the reply, or the error that is sent in its place. */
export type Answer = Result<readonly unknown[], Refusal>;

/** A reply with nothing in it. */
export const done: Answer = ok([]);

export const refuse = (refusal: Refusal): Answer => fail(refusal);

const bluez = (name: string, message: string): Refusal => ({ name: `org.bluez.Error.${name}`, message });
const dbus = (name: string, message: string): Refusal => ({ name: `org.freedesktop.DBus.Error.${name}`, message });

/** The errors of bluetoothd, by name and text (src/error.c, src/device.c of BlueZ 5.66). */
export const bluezErrors = {
  invalidArguments: bluez("InvalidArguments", "Invalid arguments in method call"),
  invalidOffset: bluez("InvalidArguments", "Invalid offset"),
  invalidLength: bluez("InvalidArguments", "Invalid Length"),
  busy: bluez("InProgress", "Operation already in progress"),
  inProgress: bluez("InProgress", "In Progress"),
  alreadyExists: bluez("AlreadyExists", "Already Exists"),
  doesNotExist: bluez("DoesNotExist", "Does Not Exist"),
  notSupported: bluez("NotSupported", "Operation is not supported"),
  notReady: bluez("NotReady", "Resource Not Ready"),
  notDisconnecting: bluez("NotConnected", "Not Connected"),
  notAuthorized: bluez("NotAuthorized", "Operation Not Authorized"),
  readNotPermitted: bluez("NotPermitted", "Read not permitted"),
  writeNotPermitted: bluez("NotPermitted", "Write not permitted"),
  notPaired: bluez("NotPermitted", "Not paired"),
  authenticationFailed: bluez("AuthenticationFailed", "Authentication Failed"),
  authenticationCanceled: bluez("AuthenticationCanceled", "Authentication Canceled"),
  connectionAttemptFailed: bluez("ConnectionAttemptFailed", "Page Timeout"),
} as const;

export const failed = (message: string): Refusal => bluez("Failed", message);

/** What libgdbus, on which bluetoothd stands, answers to calls that reach no method (gdbus/object.c). */
export const dbusErrors = {
  unknownObject: (member: string, signature: string, iface: string) =>
    dbus("UnknownObject", noMethod(member, signature, iface)),
  unknownMethod: (member: string, signature: string, iface: string) =>
    dbus("UnknownMethod", noMethod(member, signature, iface)),
  noSuchProperty: (property: string) => dbus("InvalidArgs", `No such property '${property}'`),
  noSuchInterface: (iface: string) => dbus("InvalidArgs", `No such interface '${iface}'`),
  readOnly: (property: string) => dbus("PropertyReadOnly", `Property '${property}' is not writable`),
  unknownProperty: (property: string) => dbus("UnknownProperty", `No such property '${property}'`),
  invalidSignature: (property: string) => dbus("InvalidSignature", `Invalid signature for '${property}'`),
} satisfies Readonly<Record<string, (...texts: string[]) => Refusal>>;

const noMethod = (member: string, signature: string, iface: string): string =>
  `Method "${member}" with signature "${signature}" on interface "${iface}" doesn't exist\n`;

/** Core Vol 3 Part F 3.4.1.1: the codes that bluetoothd has words for (src/gatt-client.c, create_gatt_dbus_error). */
export function attRefusal(code: number): Refusal {
  switch (code) {
    case attErrors.readNotPermitted:
      return bluezErrors.readNotPermitted;
    case attErrors.writeNotPermitted:
      return bluezErrors.writeNotPermitted;
    case attErrors.insufficientAuthentication:
    case insufficientKeySize:
    case insufficientEncryption:
      return bluezErrors.notPaired;
    case invalidOffset:
      return bluezErrors.invalidOffset;
    case attErrors.invalidAttributeLength:
      return bluezErrors.invalidLength;
    case insufficientAuthorization:
      return bluezErrors.notAuthorized;
    case attErrors.requestNotSupported:
      return bluezErrors.notSupported;
    default:
      return failed(`Operation failed with ATT error: 0x${code.toString(16).padStart(2, "0")}`);
  }
}

const invalidOffset = 0x07;
const insufficientAuthorization = 0x08;
const insufficientKeySize = 0x0c;
const insufficientEncryption = 0x0f;
