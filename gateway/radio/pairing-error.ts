import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Why a pairing failed. */
export const pairingErrors = defineErrors({
  "pairing-refused": {
    blame: "device",
    recovery: "retry",
    remedy: "Put the device into pairing mode, as its manual says, and pair it again.",
  },
  "pairing-wrong-passkey": {
    blame: "operator",
    recovery: "retry",
    remedy: "Pair again, and type the six digits that the device shows now: they change each time.",
  },
  "pairing-timeout": {
    blame: "operator",
    recovery: "retry",
    remedy: "Pair again, and answer while the device still waits; most wait for 30 seconds.",
  },
  "pairing-window-closed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Open a pairing window first: `carepost devices pair`.",
  },
  "pairing-unsupported": {
    blame: "operator",
    recovery: "stop",
    remedy: "This radio cannot pair in the way that the device needs: on Linux, set radio.kind to bluez.",
  },
});
