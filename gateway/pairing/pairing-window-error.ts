import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Why the gateway does not even begin to pair. What fails once it has begun is in `radio/pairing-error.ts`. */
export const pairingWindowErrors = defineErrors({
  "pairing-window-taken": {
    blame: "operator",
    recovery: "retry",
    remedy: "One device is paired at a time: finish the pairing that is open, or wait until its window closes.",
  },
  "device-signal-weak": {
    blame: "operator",
    recovery: "retry",
    remedy: "Hold the device next to the gateway and pair again: only a device at hand is paired.",
  },
  "device-being-paired": {
    blame: "operator",
    recovery: "retry",
    remedy: "Nothing: the device is read when its pairing is over.",
  },
  "forgets-key-refused": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Pair it without --forgets-key. It was paired with a passkey, and must not come down to a pairing that proves nothing.",
  },
});
