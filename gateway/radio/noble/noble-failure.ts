import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { pairingErrors } from "../pairing-error.ts";

/** Insufficient Authentication, Authorization, Encryption Key Size and Encryption (Core Vol 3 Part F 3.4.1.1). */
const bondWanted: ReadonlySet<number> = new Set([0x05, 0x08, 0x0c, 0x0f]);

/** What a device needs that noble cannot give. */
export const unsupportedPairing = (): CarepostError =>
  pairingErrors.make("pairing-unsupported", "noble keeps no bonds: on Linux, this device needs the radio bluez");

/** The device refused, with this ATT error. */
export function attFailure(code: number): CarepostError {
  const text = `the device refused with ATT error 0x${code.toString(16).padStart(2, "0")}`;
  return bondWanted.has(code)
    ? gattErrors.make("att-error", `${text}: it wants a bond, and noble keeps none`, {
        context: { attError: code },
        cause: unsupportedPairing(),
      })
    : gattErrors.make("att-error", text, { context: { attError: code } });
}

/** The operating system's stack said that it went wrong, in words of its own and without a code. */
export const reportedFailure = (error: unknown): CarepostError =>
  gattErrors.make("att-error", "the operating system reports that the device refused", {
    context: { attError: null },
    cause: error,
  });
