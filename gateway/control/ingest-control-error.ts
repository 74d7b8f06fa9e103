import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** How talking to the ingestor that runs on this machine fails. What it answers are its own errors. */
export const ingestControlErrors = defineErrors({
  "ingestor-socket-unavailable": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Let the ingestor write into the folder of its control socket (ingest.controlSocket, or beside the sink's file), and keep that folder's path below 80 characters and the socket's, with its name, below 108.",
  },
  "ingestor-absent": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Run it where the ingestor runs, with its configuration, while it runs. With a sink in PostgreSQL name a socket as ingest.controlSocket.",
  },
  "ingestor-denied": {
    blame: "operator",
    recovery: "stop",
    remedy: "Run the command as the user that the ingestor runs as, for example with `sudo -u carepost-ingest`.",
  },
  "ingestor-lost": {
    blame: "program",
    recovery: "retry",
    remedy: "See in the ingestor's log why it ended; when it runs again, run the command again: it may be said twice.",
  },
  "ingestor-mismatch": {
    blame: "operator",
    recovery: "stop",
    remedy: "Restart the ingestor: it runs another version than this command is of.",
  },
  "ingestor-failed": {
    blame: "program",
    recovery: "retry",
    remedy: "See the ingestor's log, and report this.",
  },
});
