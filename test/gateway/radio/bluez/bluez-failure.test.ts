import { expect, test } from "vitest";
import { adapterFailure, connectFailure, operationFailure } from "../../../../gateway/radio/bluez/bluez-failure.ts";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";

const bluez = (name: string, message = ""): DBusFailure => new DBusFailure(`org.bluez.Error.${name}`, message);
const bus = (name: string, message = ""): DBusFailure => new DBusFailure(`org.freedesktop.DBus.Error.${name}`, message);

test.each([
  // Each was seen from BlueZ 5.66 on Linux 6.12, but for those that say otherwise.
  [bluez("Failed", "le-connection-abort-by-local"), "device-absent"],
  [bluez("Failed", "le-connection-timeout"), "device-absent"],
  [bluez("Failed", "br-connection-page-timeout"), "device-absent"],
  [bluez("Failed", "br-connection-canceled"), "connect-timeout"],
  [bluez("Failed", "le-connection-abort-by-remote"), "connect-refused"],
  [bluez("Failed", "le-connection-refused"), "connect-refused"],
  [bluez("Failed", "le-connection-concurrent-connection-limit"), "connect-refused"],
  [bluez("Failed", "Input/output error"), "adapter-absent"],
  [bluez("Failed", "br-connection-adapter-not-powered"), "adapter-absent"],
  [bluez("Failed", "something that a later version says"), "connect-refused"],
  [bluez("InProgress", "Operation already in progress"), "connect-refused"],
  [bluez("NotReady", "Resource Not Ready"), "adapter-absent"],
  [bluez("DoesNotExist", "Does Not Exist"), "device-absent"],
  [
    bus("UnknownObject", 'Method "Connect" with signature "" on interface "org.bluez.Device1" doesn\'t exist'),
    "device-absent",
  ],
  [bus("ServiceUnknown"), "adapter-absent"],
  [bus("NameHasNoOwner"), "adapter-absent"],
  [bus("Spawn.ChildExited"), "adapter-absent"],
  [bus("NoReply", "Message recipient disconnected from message bus without replying"), "adapter-absent"],
  [bus("AccessDenied"), "adapter-absent"],
] as const)("a connection that fails with %s is %s", (cause, code) => {
  expect(connectFailure(cause)).toMatchObject({ code, cause });
});

test.each([
  [bluez("NotPermitted", "Read not permitted"), 0x02],
  [bluez("NotPermitted", "Write not permitted"), 0x03],
  [bluez("NotPermitted", "Not paired"), 0x05],
  [bluez("NotSupported", "Operation is not supported"), 0x06],
  [bluez("InvalidArguments", "Invalid offset"), 0x07],
  [bluez("InvalidOffset", "Invalid offset"), 0x07],
  [bluez("NotAuthorized", "Operation Not Authorized"), 0x08],
  [bluez("InvalidArguments", "Invalid Length"), 0x0d],
  [bluez("InvalidValueLength", "Invalid Length"), 0x0d],
  [bluez("Failed", "Operation failed with ATT error: 0x0e"), 0x0e],
  [bluez("Failed", "Operation failed with ATT error: 0x80"), 0x80],
  [bluez("Failed", "Operation failed with ATT error: 0xfd"), 0xfd],
  [bus("UnknownObject"), 0x01],
] as const)("an operation that fails with %s has been refused with ATT error %i", (cause, attError) => {
  expect(operationFailure(cause)).toMatchObject({ code: "att-error", context: { attError } });
});

test.each([
  [bluez("NotConnected", "Not Connected"), "link-lost"],
  [bluez("Failed", "Not connected"), "link-lost"],
  [bluez("InProgress", "In Progress"), "operation-timeout"],
  [bus("NoReply", "ReadValue: no reply"), "operation-timeout"],
  [bus("NoReply", "Message recipient disconnected from message bus without replying"), "link-lost"],
  [bus("ServiceUnknown"), "link-lost"],
] as const)("an operation that fails with %s is %s", (cause, code) => {
  expect(operationFailure(cause).code).toBe(code);
});

test("what the adapter refuses is told with bluetoothd's word for it", () => {
  expect(adapterFailure(bluez("NotReady", "Resource Not Ready"))).toMatchObject({
    code: "adapter-absent",
    context: { reason: "NotReady" },
  });
  expect(adapterFailure(bus("Disconnected"))).toMatchObject({ code: "adapter-absent" });
});
