import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/**
 * The failures of the gateway's end of delivery. Those that end a reading's way are its code in the gateway's dead
 * letters, beside `packet-too-large` and `publish-refused` of the connection.
 */
export const uplinkErrors = defineErrors({
  "boot-id-invalid": {
    blame: "program",
    recovery: "stop",
    remedy: "Report this: the program made a boot id that cannot stand in a batch id.",
  },
  "reading-too-large": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Export the reading from the dead letters and report it: no batch is large enough for it.",
  },
  "reading-unanswered": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Read the ingestor's log: it answers other readings and not this one. Then replay the dead letter.",
  },
  "reading-breaks-connection": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Read the broker's log: it ends the connection on this reading. Then replay the dead letter.",
  },
  "command-queue-full": {
    blame: "operator",
    recovery: "retry",
    remedy: "Send fewer commands at once, and this one again.",
  },
});
