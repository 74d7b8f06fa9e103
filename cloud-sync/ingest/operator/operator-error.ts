import { defineErrors } from "../../../device-drivers/kit/carepost-error.ts";
import type { Statuses } from "../../http/http-error.ts";

/** What the operator's server refuses, and how it can fail to start. */
export const operatorErrors = defineErrors({
  "operator-open": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Listen on 127.0.0.1 or ::1, or give `operator.certFile`, `operator.keyFile` and `operator.passwordFile`: beyond this machine the page needs TLS and a login.",
  },
  "operator-listen-failed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose a port that is free and that this user may open, or stop the program that holds it.",
  },
  "operator-password-file-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Make the file anew with `carepost ingest operator-password`: each line is a name and a hash.",
  },
  "operator-password-weak": {
    blame: "operator",
    recovery: "stop",
    remedy: "Choose a password of 12 to 256 characters; a few words that do not belong together are good.",
  },
  "token-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give Prometheus the token of `operator.metricsTokenFile` as its `authorization` credentials.",
  },
  "operator-failed": {
    blame: "program",
    recovery: "retry",
    remedy: "Look at the log of the ingestor, and report this.",
  },
});

/** The HTTP status that says the same. */
export const operatorStatuses: Statuses = {
  "token-refused": 401,
  "replay-under-way": 409,
  "sink-unavailable": 503,
  "sink-full": 503,
  "ingest-stopped": 503,
  "gateway-not-reached": 503,
  "gateway-silent": 504,
  "command-not-done": 409,
  "asks-full": 429,
};
