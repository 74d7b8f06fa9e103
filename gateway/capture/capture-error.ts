import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Why a session could not be captured, or its capture not be written. */
export const captureErrors = defineErrors({
  "capture-device-unclear": {
    blame: "operator",
    recovery: "stop",
    remedy: "Say which device with --address, or bring only that one near.",
  },
  "capture-nothing-heard": {
    blame: "device",
    recovery: "retry",
    remedy: "Wake the device up, as its manual says for a transfer, bring it near, and try again.",
  },
  "capture-unpaired": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Pair it, with `carepost devices pair`, and capture it then. If it is paired or wants no pairing: bring it nearer, and try again.",
  },
  "capture-full": {
    blame: "device",
    recovery: "stop",
    remedy: "Capture it again with a shorter --for, which keeps a device that never falls silent within bounds.",
  },
  "capture-time-up": {
    blame: "device",
    recovery: "retry",
    remedy: "Capture it again with a longer --for; what came until then is in the file.",
  },
  "capture-interrupted": {
    blame: "operator",
    recovery: "retry",
    remedy: "Nothing, if you meant to: what came until then is in the file.",
  },
  "capture-shift-too-far": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose a --shift-days that leaves every date between the years 1582 and 9999.",
  },
  "capture-identity-left": {
    blame: "program",
    recovery: "stop",
    remedy:
      "Nothing was written. Report this with the device's model: a way in which it tells who it is was not known.",
  },
  "capture-raw-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Leave --raw out; or, for your own eyes only, add --with-identity.",
  },
  "capture-unwritable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name an --output that does not exist yet, in a folder that can be written.",
  },
  "capture-unreadable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name a file that `carepost capture` wrote.",
  },
});
