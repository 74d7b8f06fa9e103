import { defineErrors } from "../kit/carepost-error.ts";

/** The failures of the GATT port. Adapters translate what their stack says into these, and into nothing else. */
export const gattErrors = defineErrors({
  "adapter-absent": {
    blame: "operator",
    recovery: "retry",
    remedy: "Plug in or power on the Bluetooth adapter, then run `carepost doctor`.",
  },
  "device-absent": {
    blame: "device",
    recovery: "retry",
    remedy: "Bring the device near and wake it up.",
  },
  "connect-refused": {
    blame: "device",
    recovery: "retry",
    remedy: "Disconnect the device from other phones or gateways, then try again.",
  },
  "connect-timeout": {
    blame: "device",
    recovery: "retry",
    remedy: "Bring the device nearer and wake it up.",
  },
  "link-lost": {
    blame: "device",
    recovery: "retry",
    remedy: "Nothing: the gateway collects the rest when the device is next in range.",
  },
  "link-closed": {
    blame: "program",
    recovery: "retry",
    remedy: "Nothing: the gateway ended this connection on purpose.",
  },
  "bond-lost": {
    blame: "device",
    recovery: "stop",
    remedy: "Pair the device again: it, or the gateway, has forgotten the bond.",
  },
  "att-error": {
    blame: "device",
    recovery: "quarantine",
    remedy: "Check the device's manual for how it allows transfer; then pair it again.",
  },
  "operation-timeout": {
    blame: "device",
    recovery: "retry",
    remedy: "Wake the device up and bring it nearer.",
  },
  misuse: {
    blame: "program",
    recovery: "stop",
    remedy: "Report this: a driver used the link in a way that it forbids.",
  },
});
