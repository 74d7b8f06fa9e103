import { defineErrors } from "./carepost-error.ts";

/** How a collection fails where the link itself does not. What was yielded before stays good. */
export const driverErrors = defineErrors({
  "unsupported-device": {
    blame: "device",
    recovery: "quarantine",
    remedy: "Check that the model is on the list of supported devices; this one lacks what its profile demands.",
  },
  "device-busy": {
    blame: "device",
    recovery: "retry",
    remedy: "Close the menu or end the test on the device; the gateway tries again when it is next in range.",
  },
  "records-procedure-failed": {
    blame: "device",
    recovery: "retry",
    remedy:
      "Switch the device off and on; if it happens again, transfer once with the maker's own app to see if it works.",
  },
  "procedure-timeout": {
    blame: "device",
    recovery: "retry",
    remedy: "Keep the device awake and near the gateway until the transfer has ended.",
  },
  "device-floods": {
    blame: "device",
    recovery: "quarantine",
    remedy: "Take the device out of use: it sends more records than its profile can number.",
  },
});
