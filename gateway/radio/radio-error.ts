import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Why a radio could not be opened, or not be repaired, where the GATT port has no word for it. */
export const radioErrors = defineErrors({
  "radio-package-missing": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Install what this kind of radio needs (`npm install --include=optional`), or set radio.kind to one that is installed.",
  },
  "daemon-restart-failed": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Run radio.restartCommand by hand as the user that Carepost runs as, and allow it to that user; or set radio.restartDaemon to false.",
  },
});
