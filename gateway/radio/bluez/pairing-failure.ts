import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { pairingErrors } from "../pairing-error.ts";
import type { PairingStory } from "./agent.ts";
import { DBusFailure, dbusErrors } from "./dbus-failure.ts";

/**
 * What a failed `Device1.Pair` means (BlueZ, doc/device-api.txt, and `new_authentication_return` of src/device.c). A wrong
 * passkey and a refusal bear one name there; what was asked and answered tells them apart.
 */
export function pairingFailure(cause: unknown, story: PairingStory): CarepostError {
  const name = cause instanceof DBusFailure ? cause.name : "";
  const bluez = name.startsWith("org.bluez.Error.") ? name.slice("org.bluez.Error.".length) : null;
  if (name === dbusErrors.noReply) return pairingErrors.make("pairing-timeout", "the pairing did not end", { cause });
  // Its object is gone: removed by another program, or with its adapter.
  if (name.endsWith(".UnknownObject")) return gattErrors.make("device-absent", "the device is gone", { cause });
  if (bluez === null) return gattErrors.make("adapter-absent", "bluetoothd does not answer", { cause });
  if (absent.has(bluez)) return gattErrors.make("device-absent", "the device does not answer", { cause });
  if (away.has(bluez)) return gattErrors.make("adapter-absent", "the adapter is off or away", { cause });
  if (bluez === "Failed") return failed(cause);
  if (story.wasRefused) return pairingErrors.make("pairing-refused", "the pairing was refused here", { cause });
  if (bluez === "AuthenticationTimeout" || story.isWaiting) {
    return pairingErrors.make("pairing-timeout", "the device gave up waiting", { cause });
  }
  const hasPasskey = story.method === "passkey-entry" || story.method === "passkey-shown";
  if (bluez === "AuthenticationFailed" && hasPasskey) {
    return pairingErrors.make("pairing-wrong-passkey", "the device did not accept the passkey", { cause });
  }
  const said = refusals[bluez] ?? "the device refused the pairing";
  return pairingErrors.make("pairing-refused", said, { cause });
}

const absent: ReadonlySet<string> = new Set(["ConnectionAttemptFailed", "DoesNotExist"]);
const away: ReadonlySet<string> = new Set(["NotReady", "NotAvailable"]);

const refusals: Readonly<Record<string, string>> = {
  AuthenticationCanceled: "the device broke the pairing off",
  InProgress: "another program is pairing with the device",
  AlreadyExists: "another program has just paired with the device",
};

/** `Failed` comes from the connection under the pairing, and its message says how (src/error.c, ERR_LE_CONN_…). */
function failed(cause: unknown): CarepostError {
  const message = cause instanceof Error ? cause.message : "";
  if (/abort|timeout|page/i.test(message)) {
    return gattErrors.make("device-absent", "the device does not answer", { cause });
  }
  return gattErrors.make("connect-refused", "the device could not be connected to", { cause });
}
