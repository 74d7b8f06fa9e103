import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";

export interface CertificateFollower {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whose it is, in the log: `broker-certificate-renewed`. */
  readonly name: "broker" | "operator" | "kiosk";
  /** How soon a renewed certificate is served. */
  readonly lookMs: number;
}

export interface FollowedCertificate<T extends object> {
  /** What the files hold now, as texts. It may throw. */
  readonly read: () => T;
  readonly inForce: T;
  /** Puts what is new in force, for the handshakes to come. Throws, and changes nothing, if it cannot be used. */
  readonly renew: (next: T) => void;
  /** Once after each look, whether something was new or not. */
  readonly onTick?: () => void;
}

/**
 * Looks again and again whether a certificate was renewed, until the signal is aborted. What cannot be used is told once
 * and looked at again: files that are replaced one after the other do not fit for a moment. Polled, not watched: a file
 * system that is shared or mounted anew tells nobody of a change.
 */
export async function followCertificate<T extends object>(
  { read, inForce, renew, onTick }: FollowedCertificate<T>,
  { clock, log, signal, name, lookMs }: CertificateFollower,
): Promise<void> {
  let served = identityOf(inForce);
  let told: string | null = null;
  while (!signal.aborted) {
    await clock.sleep(lookMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const next = read();
      if (identityOf(next) !== served) {
        renew(next);
        served = identityOf(next);
        log.info(`${name}-certificate-renewed`);
      }
      told = null;
    } catch (error) {
      const code = error instanceof CarepostError ? error.code : "unknown";
      if (told !== code) log.error(`${name}-certificate-kept`, { code });
      told = code;
    }
    onTick?.();
  }
}

const identityOf = (material: object): string => JSON.stringify(material);
