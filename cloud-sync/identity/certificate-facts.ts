import { X509Certificate } from "node:crypto";

/** What a certificate says, read by OpenSSL. */
export interface CertificateFacts {
  /** Hexadecimal, in capitals. */
  readonly serial: string;
  readonly commonName: string | null;
  /** In milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
}

/** @throws whatever OpenSSL says of a text that is no certificate */
export function certificateFacts(pem: string): CertificateFacts {
  const certificate = new X509Certificate(pem);
  return {
    serial: certificate.serialNumber,
    commonName: /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? null,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    publicKey: certificate.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** The certificates of a chain or a bundle, one PEM each. */
export const splitCertificates = (pem: string): readonly string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((block) => `${block}\n`);

/** `sha256:` and 64 hex digits: how people compare a certificate. */
export const fingerprintOf = (pem: string): string =>
  `sha256:${new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase()}`;

/**
 * Does the first certificate of `chain` come down, by signatures, from one of `anchors`? Each in between must be an
 * authority. Dates are not looked at.
 */
export function isIssuedUnder(chain: string, anchors: string): boolean {
  const roots = splitCertificates(anchors).map((pem) => new X509Certificate(pem));
  const [leaf, ...rest] = splitCertificates(chain).map((pem) => new X509Certificate(pem));
  let current = leaf;
  // Each step uses up one certificate, so a chain is no longer than what was sent.
  for (const next of [...rest, undefined]) {
    if (current === undefined) return false;
    if (roots.some((root) => isIssuer(root, current))) return true;
    if (next === undefined || !isIssuer(next, current)) return false;
    current = next;
  }
  return false;
}

const isIssuer = (issuer: X509Certificate, subject: X509Certificate | undefined): boolean =>
  subject !== undefined && issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
