import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** The failures of the authority and of enrolment, at either end. */
export const identityErrors = defineErrors({
  "authority-exists": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name another folder: an authority is never overwritten, because the fleet trusts its keys.",
  },
  "authority-absent": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name the authority's folder with --dir, or make one with `carepost ca init`.",
  },
  "authority-unwritable": {
    blame: "operator",
    recovery: "stop",
    remedy: "Name a folder inside one that exists and that this user may write to, on a disk with room.",
  },
  "authority-damaged": {
    blame: "storage",
    recovery: "stop",
    remedy: "Restore the authority's folder from its backup: its files do not belong together.",
  },
  "gateway-id-reserved": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give the gateway an id that does not begin with `ingestor-`: brokers know ingestors by that.",
  },
  "gateway-is-revoked": {
    blame: "operator",
    recovery: "stop",
    remedy: "If it is to be trusted again, with a new key, say so with --reinstate. Its old certificates stay revoked.",
  },
  "nothing-to-revoke": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give a name that `carepost ca list` shows, and the kind that stands beside it.",
  },
  "host-name-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Give host names such as broker.example and addresses such as 192.0.2.7, at least one.",
  },
  "enrolment-listen-failed": {
    blame: "operator",
    recovery: "stop",
    remedy: "Let --host be an address of this machine, and --port one that no other program has.",
  },
  "enrolment-unreachable": {
    blame: "network",
    recovery: "retry",
    remedy: "Check that `carepost ca serve` runs, and that this machine's network reaches its address and port.",
  },
  "enrolment-server-untrusted": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Check the address, this machine's clock, and the authority: its fingerprint is what `carepost ca list` shows.",
  },
  "enrolment-refused": {
    blame: "operator",
    recovery: "retry",
    remedy: "Ask for a new token with `carepost ca token`; the service's log says what was wrong with this one.",
  },
  "renewal-refused": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "If the gateway is still to be trusted, enrol it anew with `carepost enroll` and a token. It goes on collecting.",
  },
  "enrolment-busy": {
    blame: "network",
    recovery: "retry",
    remedy: "Nothing: it is tried again later.",
  },
  "enrolment-answer-wrong": {
    blame: "operator",
    recovery: "retry",
    remedy: "Check that the address is that of the fleet's own authority, and that the token is for this gateway.",
  },
  "identity-absent": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Enrol this gateway with `carepost enroll` and a token of the authority's. It goes on collecting meanwhile.",
  },
  "identity-unwritable": {
    blame: "storage",
    recovery: "retry",
    remedy: "Let identity.folder be a folder that this user may write to, on a disk with room. Then run it again.",
  },
  "identity-damaged": {
    blame: "storage",
    recovery: "retry",
    remedy: "Enrol this gateway anew with `carepost enroll` and a token: its key and certificate are unusable.",
  },
});
