import { errors } from "@nats-io/transport-node";
import { type CarepostError, defineErrors } from "../../../device-drivers/kit/carepost-error.ts";
import { connectionErrors } from "../../mqtt/connection-error.ts";

/** The failures of an ingestor's connection to NATS. */
export const natsErrors = defineErrors({
  "nats-url-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Write NATS servers as tls://host:4222,host:4222, and their MQTT listeners as mqtts://host:8883,host:8883.",
  },
  "nats-user-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Name each gateway by its id, letters, digits, `_`, `.` and `-`, and each ingestor as `ingestor-` and a name.",
  },
  "nats-unreachable": {
    blame: "network",
    recovery: "retry",
    remedy: "Check that a NATS server runs and that this machine's network reaches its client port.",
  },
  "nats-not-authorized": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Let the ingestor's certificate or user in, with the permissions that cloud-sync/ingest/nats/README.md lists.",
  },
  "nats-not-ready": {
    blame: "network",
    recovery: "retry",
    remedy:
      "Nothing if it passes: the cluster elects a leader. If it stays, check that JetStream is on and most servers run.",
  },
});

/** What the client says of a connection that it could not make. */
export function connectFailure(error: unknown): CarepostError {
  const failure = natsFailure(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/CERT|TLS|SELF_SIGNED/.test(code)) {
    return connectionErrors.make("broker-certificate-untrusted", failure.message, { cause: error });
  }
  if (!natsErrors.is(failure, "nats-not-ready")) return failure;
  return natsErrors.make("nats-unreachable", failure.message, { cause: error });
}

/** What the client says of a request that failed. */
export function natsFailure(error: unknown): CarepostError {
  const message = error instanceof Error ? error.message : String(error);
  const refused =
    error instanceof errors.AuthorizationError ||
    error instanceof errors.PermissionViolationError ||
    error instanceof errors.UserAuthenticationExpiredError;
  if (refused) return natsErrors.make("nats-not-authorized", message, { cause: error });
  if (error instanceof errors.ConnectionError || error instanceof errors.ClosedConnectionError) {
    return natsErrors.make("nats-unreachable", message, { cause: error });
  }
  return natsErrors.make("nats-not-ready", message, { cause: error });
}
