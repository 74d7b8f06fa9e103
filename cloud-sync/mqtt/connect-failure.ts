import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { connectionErrors } from "./connection-error.ts";
import { refusedConnect } from "./reason-code.ts";

/** What a failed attempt to connect means, from what mqtt.js, Node or OpenSSL say of it. */
export function connectFailure(cause: Error): CarepostError {
  const code: unknown = "code" in cause ? cause.code : undefined;
  if (typeof code === "number") return refusedConnect(code);
  if (cause.message === "connack timeout") {
    return connectionErrors.make("broker-timed-out", "the broker did not answer in time", { cause });
  }
  const systemCode = typeof code === "string" ? code : null;
  return tlsFailure(cause, systemCode) ?? unreachable(cause, systemCode);
}

/** Of a name that has several addresses Node tries each, and tells what became of each in an error without a message. */
function unreachable(cause: Error, systemCode: string | null): CarepostError {
  const each = cause instanceof AggregateError ? cause.errors.filter((error) => error instanceof Error) : [cause];
  const reasons = [...new Set(each.map(({ message }) => message))].slice(0, reasonsMax).join("; ");
  const details = { cause: each[0] ?? cause, context: { systemCode } };
  return connectionErrors.make("broker-unreachable", `the broker cannot be reached: ${reasons}`, details);
}

const reasonsMax = 4;

/** A connection that ended before the broker said anything in MQTT; it may have said something in TLS. */
export function closedUnanswered(streamFailure: Error | null): CarepostError {
  const code: unknown = streamFailure !== null && "code" in streamFailure ? streamFailure.code : undefined;
  const failure = streamFailure === null || typeof code !== "string" ? null : tlsFailure(streamFailure, code);
  return (
    failure ??
    connectionErrors.make("broker-refused", "the broker closed the connection without an answer", {
      context: { closedUnanswered: true },
    })
  );
}

/** Null if it is no failure of TLS. Alerts are what the broker says of us; all else is what we say of the broker. */
function tlsFailure(cause: Error, systemCode: string | null): CarepostError | null {
  if (systemCode === null || !ofTls.test(systemCode)) return null;
  const context = { systemCode };
  const said = Object.entries(alerts).find(([alert]) => systemCode.endsWith(`ALERT_${alert}`));
  if (said !== undefined) {
    const message = `the broker refuses this machine's certificate: ${said[1]}`;
    return connectionErrors.make("own-certificate-refused", message, { cause, context });
  }
  if (/^EPROTO$|^ERR_SSL_|^ERR_TLS_(?!CERT)/.test(systemCode)) {
    return connectionErrors.make("tls-handshake-failed", `the TLS handshake failed: ${systemCode}`, { cause, context });
  }
  const message = `the broker's certificate is not trusted: ${certificateFaults[systemCode] ?? systemCode}`;
  return connectionErrors.make("broker-certificate-untrusted", message, { cause, context });
}

/** The names that Node and OpenSSL give to failures of a handshake and of a certificate. */
const ofTls = /CERT|TLS|SSL|SIGNATURE|INVALID_PURPOSE|INVALID_CA|PATH_LENGTH|HOSTNAME_MISMATCH|^EPROTO$/;

/** RFC 8446, 6.2, as OpenSSL names them. */
const alerts: Readonly<Record<string, string>> = {
  CERTIFICATE_EXPIRED: "it has expired, or is not yet valid",
  CERTIFICATE_REVOKED: "it has been revoked",
  CERTIFICATE_UNKNOWN: "it is not acceptable",
  CERTIFICATE_REQUIRED: "there is none",
  BAD_CERTIFICATE: "it is malformed, or does not fit its key",
  UNSUPPORTED_CERTIFICATE: "it is made for another purpose",
  UNKNOWN_CA: "the broker does not know the authority that signed it",
  DECRYPT_ERROR: "it does not fit its key",
  ACCESS_DENIED: "it is valid, and not let in",
};

const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired, or this machine's clock is ahead",
  CERT_NOT_YET_VALID: "it is not yet valid, or this machine's clock is behind",
  CERT_REVOKED: "it has been revoked",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "another authority signed it",
  UNABLE_TO_GET_ISSUER_CERT: "an unknown authority signed it",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "an unknown authority signed it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "an unknown authority signed it",
  INVALID_PURPOSE: "it is made for another purpose than a server's",
  CERT_SIGNATURE_FAILURE: "its signature is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is made out to another name than the broker's address",
};
