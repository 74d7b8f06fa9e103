import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** How a session fails where neither the radio, nor the driver's own checks, nor the store say so. */
export const collectErrors = defineErrors({
  "session-too-long": {
    blame: "device",
    recovery: "retry",
    remedy: "Nothing, if the rest comes next time; else raise collect.sessionMaxS for a device with a large memory.",
  },
  "device-gave-way": {
    blame: "device",
    recovery: "retry",
    remedy: "Nothing: it did not answer while another waited, and is called again when it is next heard.",
  },
  "driver-failed": {
    blame: "program",
    recovery: "retry",
    remedy: "Report this with the device's make and model: its driver broke off in a way that it should not.",
  },
  "driver-stuck": {
    blame: "program",
    recovery: "retry",
    remedy: "Report this with the device's make and model: its driver did not end when it was told to.",
  },
});
