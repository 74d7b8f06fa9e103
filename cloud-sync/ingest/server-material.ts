import { createSecureContext, type SecureContextOptions } from "node:tls";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { TlsMaterial } from "../mqtt/connection.ts";
import { ingestErrors } from "./ingest-error.ts";

export interface MaterialFollower {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Puts what is new in force, for the handshakes to come. */
  readonly renew: (options: SecureContextOptions) => void;
  /** Once after each look, whether something was new or not. */
  readonly onTick: () => void;
}

/** How soon a renewed certificate is served. */
const lookMs = 1000;

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

/**
 * Looks every second whether a certificate was renewed, until the signal is aborted. What cannot be used is told once
 * and looked at again: files that are replaced one after the other do not fit for a moment.
 */
export async function followMaterial(
  material: () => TlsMaterial,
  first: TlsMaterial,
  { clock, log, signal, renew, onTick }: MaterialFollower,
): Promise<void> {
  let inForce = identityOf(first);
  let told: string | null = null;
  while (!signal.aborted) {
    await clock.sleep(lookMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const next = material();
      if (identityOf(next) !== inForce) {
        renew(secureContextOptions(next));
        inForce = identityOf(next);
        log.info("broker-certificate-renewed");
      }
      told = null;
    } catch (error) {
      const code = error instanceof CarepostError ? error.code : "unknown";
      if (told !== code) log.error("broker-certificate-kept", { code });
      told = code;
    }
    onTick();
  }
}

const identityOf = ({ ca, cert, key }: TlsMaterial): string => JSON.stringify([ca, cert, key]);
