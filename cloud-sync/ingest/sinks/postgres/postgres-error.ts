import { type CarepostError, defineErrors } from "../../../../device-drivers/kit/carepost-error.ts";
import { ingestErrors } from "../../ingest-error.ts";

/**
 * What can be wrong with the database of the PostgreSQL sink. A sink that is open tells it in the words of the port
 * (`portError`); one that is being opened, and `carepost ingest check`, tell it as it is.
 */
export const postgresErrors = defineErrors({
  "postgres-unreachable": {
    blame: "network",
    recovery: "retry",
    remedy: "Check that one of the servers in `postgres.hosts` runs, and that this machine reaches it.",
  },
  "postgres-read-only": {
    blame: "operator",
    recovery: "retry",
    remedy: "Promote one of the servers in `postgres.hosts`, or lift its default_transaction_read_only.",
  },
  "postgres-busy": {
    blame: "storage",
    recovery: "retry",
    remedy: "Look in pg_stat_activity for what holds locks or takes long; gateways keep their readings meanwhile.",
  },
  "postgres-full": {
    blame: "storage",
    recovery: "retry",
    remedy: "Make room on the server's disk; gateways keep their readings and send them again.",
  },
  "postgres-value-refused": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Report this: the database cannot store a reading that is valid.",
  },
  "postgres-login-refused": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Check `postgres.user`, `postgres.database`, the password file or certificate, and the server's pg_hba.conf.",
  },
  "postgres-not-trusted": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Name the authority of the server's certificate in `postgres.caFile`, and the host as the certificate does.",
  },
  "postgres-forbidden": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Let the user create the schema carepost once, or own what is in it; the README of the sink lists the rights.",
  },
  "postgres-schema-absent": {
    blame: "operator",
    recovery: "stop",
    remedy: "Start `carepost ingest` of this version on this database once: it makes the schema carepost.",
  },
  "postgres-schema-newer": {
    blame: "operator",
    recovery: "stop",
    remedy: "Update this program: a newer one has changed the schema carepost of this database.",
  },
  "postgres-failed": {
    blame: "program",
    recovery: "retry",
    remedy: "Look into the server's log for this SQLSTATE; gateways keep their readings meanwhile.",
  },
});

export type PostgresErrorCode = keyof typeof postgresErrors.table;

/** A failure of the database in the words of the port `Sink`. */
export function portError(cause: CarepostError<PostgresErrorCode>): CarepostError {
  const { message } = cause;
  if (postgresErrors.is(cause, "postgres-value-refused")) {
    return ingestErrors.make("sink-data-refused", message, { cause });
  }
  const isFull = postgresErrors.is(cause, "postgres-full");
  return ingestErrors.make(isFull ? "sink-full" : "sink-unavailable", message, { cause });
}
