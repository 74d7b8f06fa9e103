import type { X509Certificate } from "node:crypto";

/** Which certificates are not to be trusted any more, before they expire. */
export interface Revocations {
  /** Is this certificate, or an authority above it, revoked as far as is known at the moment? */
  isRevoked(certificate: X509Certificate): boolean;
  /** Calls back when more may be revoked than before. Returns what ends it. */
  onChange(listener: () => void): () => void;
}
