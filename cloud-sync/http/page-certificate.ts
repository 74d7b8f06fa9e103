import { X509Certificate } from "node:crypto";
import type { Server } from "node:https";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { followCertificate } from "../identity/follow-certificate.ts";
import { httpErrors } from "./http-error.ts";

/** A certificate with its chain, and its key, in PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWatch {
  readonly name: "operator" | "kiosk";
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** How soon a renewed certificate is served. */
const lookMs = 10_000;

/**
 * The certificate that a page is served under. The files may be renewed at any time: what is new is served without a new
 * start, and what cannot be used, because it is half-written, does not fit or has expired, is not.
 */
export class PageTls {
  readonly #read: () => CertificatePair;
  #served: CertificatePair | null = null;

  /** @param read what the files hold now; it may throw */
  constructor(read: () => CertificatePair) {
    this.#read = read;
  }

  /**
   * What a server starts with. One that has expired is taken: a page with a browser's warning says more than none.
   * Throws `page-certificate-unusable`, or whatever reading throws.
   */
  start(): SecureContextOptions {
    const pair = this.#read();
    const options = contextOf(pair);
    this.#served = pair;
    return options;
  }

  /** Until when the certificate is valid that is served, in milliseconds since 1970; null while none is. */
  expiresAt(): number | null {
    return this.#served === null ? null : endOf(this.#served);
  }

  /** Lets a server that was started with `start` take over what is renewed, until the signal is aborted. */
  async follow(server: Pick<Server, "setSecureContext">, { clock, ...watch }: CertificateWatch): Promise<void> {
    const renew = (next: CertificatePair): void => {
      const options = contextOf(next);
      if (endOf(next) <= clock.now()) throw unusable("the certificate has expired");
      server.setSecureContext(options);
      this.#served = next;
    };
    const inForce = this.#served ?? { cert: "", key: "" };
    await followCertificate({ read: this.#read, inForce, renew }, { ...watch, clock, lookMs });
  }
}

/** OpenSSL is asked, which refuses a key that does not fit and a text that ends in the middle. */
function contextOf({ cert, key }: CertificatePair): SecureContextOptions {
  const options: SecureContextOptions = { cert, key, minVersion: "TLSv1.2" };
  if (cert.trim() === "" || key.trim() === "") throw unusable("the certificate's or the key's file is empty");
  try {
    createSecureContext(options);
  } catch (cause) {
    throw unusable(cause instanceof Error ? cause.message : "unknown", cause);
  }
  return options;
}

const unusable = (reason: string, cause?: unknown): Error =>
  httpErrors.make("page-certificate-unusable", `the page's certificate and key cannot be used: ${reason}`, { cause });

const endOf = ({ cert }: CertificatePair): number => new X509Certificate(cert).validToDate.getTime();
