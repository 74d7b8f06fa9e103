import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** How talking to the gateway that runs on this machine fails. What it answers are its own errors. */
export const controlErrors = defineErrors({
  "control-unavailable": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Let the gateway write into the folder of its database, and keep that folder's path below 80 characters and the socket's, with its name, below 108.",
  },
  "control-denied": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run the command as the user that the gateway runs as, for example with `sudo -u carepost`.",
  },
  "control-lost": {
    blame: "program",
    recovery: "retry",
    remedy: "See in the gateway's log why it ended; when it runs again, run the command again.",
  },
  "control-mismatch": {
    blame: "operator",
    recovery: "stop",
    remedy: "Restart the gateway: it runs another version than this command is of.",
  },
});
