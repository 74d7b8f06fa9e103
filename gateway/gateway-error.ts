import { defineErrors } from "../device-drivers/kit/carepost-error.ts";

/** How the gateway as a whole fails. */
export const gatewayErrors = defineErrors({
  "gateway-failed": {
    blame: "program",
    recovery: "stop",
    remedy: "See each failure in the log, the first one first; then start the gateway again.",
  },
  "part-ended": {
    blame: "program",
    recovery: "stop",
    remedy: "Start the gateway again, and report this: a part of it ended without a reason.",
  },
  "support-bundle-too-soon": {
    blame: "operator",
    recovery: "retry",
    remedy: "Ask again later: a gateway makes one support bundle in ten minutes for the cloud.",
  },
  "support-bundle-too-large": {
    blame: "program",
    recovery: "stop",
    remedy: "Run `carepost support-bundle` on the gateway itself, and report this.",
  },
  "device-unknown": {
    blame: "operator",
    recovery: "stop",
    remedy: "List the devices with `carepost devices`, and name one by its id.",
  },
});
