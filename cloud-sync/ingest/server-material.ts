import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { TlsMaterial } from "../mqtt/connection.ts";
import { ingestErrors } from "./ingest-error.ts";

/**
 * A server's side of TLS. Throws `broker-certificate-unusable` where anything is missing or does not fit: without the
 * authorities of its peers a server would take those that Node knows, and so certificates that anybody can have.
 */
export function secureContextOptions({ ca, cert, key }: TlsMaterial): SecureContextOptions {
  if (ca === null || cert === null || key === null) {
    throw ingestErrors.make(
      "broker-certificate-unusable",
      "the broker lacks a certificate, its key or the authorities",
    );
  }
  const options: SecureContextOptions = { ca, cert, key, minVersion: "TLSv1.3" };
  try {
    createSecureContext(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    const message = `the broker's certificate and key cannot be used: ${reason}`;
    throw ingestErrors.make("broker-certificate-unusable", message, { cause });
  }
  return options;
}
