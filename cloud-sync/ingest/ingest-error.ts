import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** The failures of the ingestion end itself. What is wrong with a message is a rejection: see `rejection.ts`. */
export const ingestErrors = defineErrors({
  "listen-refused": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Set ingest.caFile, certFile and certKeyFile, or listen on 127.0.0.1, ::1 or localhost: without certificates the broker serves this machine only.",
  },
  "broker-certificate-unusable": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Let ingest.caFile hold the authorities of the gateways, certFile the broker's certificate with those between, and certKeyFile the key of that certificate, all in PEM.",
  },
  "ingestor-certificate-unusable": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Let ingest.certFile be a certificate of this ingestor's own, with a common name that begins with `ingestor-`.",
  },
  "crl-unusable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Let ingest.crlFile hold revocation lists in PEM, each signed by an authority in ingest.caFile.",
  },
  "gateway-not-reached": {
    blame: "network",
    recovery: "retry",
    remedy: "Wait until the gateway is online, then ask again.",
  },
  "gateway-silent": {
    blame: "network",
    recovery: "retry",
    remedy:
      "Ask again in a minute. A gateway that never answers may be older than this command; look at its state and its version.",
  },
  "command-not-done": {
    blame: "operator",
    recovery: "retry",
    remedy: "See the gateway's reason; one that has just made a support bundle makes the next after ten minutes.",
  },
  "asks-full": {
    blame: "operator",
    recovery: "retry",
    remedy: "Wait until the gateways that were asked have answered, a minute at most.",
  },
  "listen-failed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose a port that is free and that this user may open, or stop the program that holds it.",
  },
  "ingest-role-incomplete": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Give the role what it needs: `all` and `broker` an address to listen on, `ingestor` a broker, both ingestors a sink.",
  },
  "broker-unfit": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Check the broker's rules: it granted the subscription and then did not deliver what was published on it. On a broker without shared subscriptions set ingest.shareGroup to none. With NATS, check JetStream and its quorum as well.",
  },
  "share-group-silent": {
    blame: "network",
    recovery: "retry",
    remedy:
      "Nothing if it passes: members that are frozen are thrown out by the broker. If it stays, let ingestors read all gateways' topics and publish their receipts in the broker's rules.",
  },
  "sink-unavailable": {
    blame: "storage",
    recovery: "retry",
    remedy: "Check the disk of the sink's database; gateways keep their readings and send them again.",
  },
  "sink-full": {
    blame: "storage",
    recovery: "retry",
    remedy: "Make room on the sink's disk; gateways keep their readings and send them again.",
  },
  "sink-data-refused": {
    blame: "program",
    recovery: "quarantine",
    remedy: "Report this: the sink cannot store a reading that is valid. It is in the dead letters.",
  },
  "dead-letters-full": {
    blame: "operator",
    recovery: "retry",
    remedy: "Look at `carepost ingest dead-letters list` for this gateway, mend the cause, then replay them.",
  },
  "replay-under-way": {
    blame: "operator",
    recovery: "retry",
    remedy: "Wait until the replay that runs has ended, then ask again.",
  },
  "ingest-stopped": {
    blame: "program",
    recovery: "retry",
    remedy:
      "Nothing: gateways send again what was not taken. What somebody asked of the ingestor is to be asked again when it runs.",
  },
  "fhir-url-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give the base address of the FHIR server with https and without a secret: https://fhir.example.org/r4.",
  },
  "fhir-quarantine-full": {
    blame: "operator",
    recovery: "stop",
    remedy: "Look at `carepost ingest fhir list`, mend the cause on the server, then `carepost ingest fhir retry`.",
  },
});

/** What a role cannot do without. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value !== null && value !== undefined) return value;
  throw ingestErrors.make("ingest-role-incomplete", `this role needs ${what}`);
}
