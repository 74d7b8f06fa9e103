import { type CertificatePair, PageTls } from "../../cloud-sync/http/page-certificate.ts";
import type { Environment } from "./config-environment.ts";
import { configErrors } from "./config-error.ts";
import { readSecret, type SecretCredential } from "./database-key.ts";
import { readCertificates } from "./tls-of.ts";

export interface PageFiles {
  readonly certFile: string | null;
  /** Null: the key is the systemd credential. */
  readonly keyFile: string | null;
  readonly credential: SecretCredential;
}

/**
 * How a page's certificate and key are read; null where it has none. Each call reads them anew, so that what was renewed
 * is used. A call throws `key-unreadable`, `key-exposed` or `certificate-unreadable`.
 */
export function pagePairOf(files: PageFiles, environment: Environment): (() => CertificatePair) | null {
  const { certFile, keyFile, credential } = files;
  if (certFile === null || (keyFile === null && readSecret(null, credential, environment) === null)) return null;
  return () => {
    const key = readSecret(keyFile, credential, environment);
    // A credential can be taken away while the program runs.
    if (key === null) throw configErrors.make("key-unreadable", `the credential ${credential} cannot be read`);
    return { cert: readCertificates(certFile), key };
  };
}

/** What a page is served under. What cannot be read now is told now, and not when a browser asks. */
export function pageTlsOf(pair: ReturnType<typeof pagePairOf>): PageTls | null {
  pair?.();
  return pair === null ? null : new PageTls(pair);
}
