import { readFileSync } from "node:fs";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";
import { configErrors } from "./config-error.ts";
import { readOwnersFile } from "./database-key.ts";
import type { IngestConfig } from "./ingest-config.ts";

export interface TlsFiles {
  readonly caFile: string | null;
  readonly certFile: string | null;
  /** Readable by its owner alone. */
  readonly keyFile: string | null;
}

/**
 * How to prove who we are, from the files that the configuration names; undefined where it names none. Each call reads
 * them anew, so that what was renewed is used. A call throws `key-unreadable`, `key-exposed` or `certificate-unreadable`.
 */
export function tlsOf(files: TlsFiles): (() => TlsMaterial) | undefined {
  const { caFile, certFile, keyFile } = files;
  if (caFile === null && certFile === null && keyFile === null) return undefined;
  return () => ({
    ca: caFile === null ? null : readCertificates(caFile),
    cert: certFile === null ? null : readCertificates(certFile),
    key: keyFile === null ? null : readOwnersFile(keyFile),
  });
}

/** The same for the ingestion end, whose database has a key file as well. */
export const ingestTlsOf = ({
  caFile,
  certFile,
  certKeyFile,
}: IngestConfig["ingest"]): (() => TlsMaterial) | undefined => tlsOf({ caFile, certFile, keyFile: certKeyFile });

/** A certificate is no secret. Throws `certificate-unreadable`. */
export function readCertificates(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw configErrors.make("certificate-unreadable", `the certificate ${path} cannot be read`, { cause: error });
  }
}
