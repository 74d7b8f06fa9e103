import { defineErrors } from "../../../device-drivers/kit/carepost-error.ts";

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
  "host-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Open the page by its own address; a name that points here must be in `operator.names`.",
  },
  "origin-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Open the page itself: requests from other sites are refused.",
  },
  "csrf-refused": {
    blame: "operator",
    recovery: "retry",
    remedy: "Load the page again, then try again: its token is of an earlier session.",
  },
  "login-needed": { blame: "operator", recovery: "retry", remedy: "Log in." },
  "login-refused": { blame: "operator", recovery: "retry", remedy: "Check the name and the password." },
  "login-locked": {
    blame: "operator",
    recovery: "retry",
    remedy: "Wait: after several failures no attempt is looked at for a while, longer each time.",
  },
  "token-refused": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give Prometheus the token of `operator.metricsTokenFile` as its `authorization` credentials.",
  },
  "request-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Compare the request with the README of the page.",
  },
  "not-here": { blame: "operator", recovery: "stop", remedy: "Go back to the page's beginning." },
  "too-many-requests": { blame: "operator", recovery: "retry", remedy: "Wait a minute, then go on." },
  "operator-failed": {
    blame: "program",
    recovery: "retry",
    remedy: "Look at the log of the ingestor, and report this.",
  },
});

/** The HTTP status that says the same. */
export const statusOf: Readonly<Partial<Record<string, number>>> = {
  "host-refused": 421,
  "origin-refused": 403,
  "csrf-refused": 403,
  "login-needed": 401,
  "login-refused": 401,
  "token-refused": 401,
  "login-locked": 429,
  "too-many-requests": 429,
  "request-invalid": 400,
  "not-here": 404,
  "replay-under-way": 409,
  "sink-unavailable": 503,
  "sink-full": 503,
  "ingest-stopped": 503,
};
