import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { type Identity, ingestorIdPrefix } from "./broker-access.ts";

/**
 * Who a certificate says that its holder is. The common name is the client id; a URI `urn:carepost:gateway:<id>` or
 * `urn:carepost:ingestor:<name>` among the alternative names says the role. A certificate without such a URI, of an
 * authority of the operator's own, is a gateway's; only one that says so is an ingestor's.
 *
 * Null if it names nobody, or not one alone.
 */
export function certifiedIdentity({ subject, subjectaltname = "" }: CertifiedNames): Identity | null {
  // A certificate may hold several common names, which Node gives as a list whatever its types say.
  const id: unknown = subject?.CN;
  if (typeof id !== "string" || id === "") return null;
  const role = id.startsWith(ingestorIdPrefix) ? "ingestor" : "gateway";
  const urns = subjectaltname.split(", ").filter((name) => /^URI:"?urn:carepost:/i.test(name));
  const own =
    role === "gateway"
      ? `URI:urn:carepost:gateway:${id}`
      : `URI:urn:carepost:ingestor:${id.slice(ingestorIdPrefix.length)}`;
  if (urns.length === 0) return role === "gateway" ? { role, id } : null;
  return urns.length === 1 && urns[0] === own ? { role, id } : null;
}

export type CertifiedNames = Partial<Pick<PeerCertificate, "subject" | "subjectaltname">>;

/** The common name of the first certificate in a text; null if it has none, or if there is no certificate. */
export function certificateName(pem: string): string | null {
  try {
    const name: unknown = new X509Certificate(pem).toLegacyObject().subject?.CN;
    return typeof name === "string" ? name : null;
  } catch {
    return null;
  }
}
