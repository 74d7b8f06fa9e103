import { X509Certificate } from "node:crypto";
import {
  type CertifiedKey,
  issueGatewayCertificate,
  issueIngestorCertificate,
  issueServerCertificate,
  newCrlPem,
  newIssuing,
  newKeyPem,
  newRoot,
  publicKeyPemOf,
} from "../../cloud-sync/identity/certificates.ts";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";

/** As `TlsMaterial`, with nothing missing. */
export interface TestMaterial extends TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Relative to the moment of issue. A certificate is in force for 30 days from now where nothing is said. */
export interface TestValidity {
  readonly fromDays?: number;
  readonly days?: number;
}

/** A root, an issuing authority below it, and what they issue to servers, ingestors and gateways. */
export interface TestAuthority {
  /** Both certificates: what a peer trusts. */
  readonly ca: string;
  readonly root: CertifiedKey;
  readonly issuing: CertifiedKey;
  readonly gateway: (id: string, validity?: TestValidity) => Promise<TestMaterial>;
  readonly ingestor: (name: string) => Promise<TestMaterial>;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: (validity?: TestValidity) => Promise<TestMaterial>;
  /** A list of both authorities, in which these certificates are revoked. `overdueDays` makes it a stale one. */
  readonly crl: (revoked: readonly string[], overdueDays?: number) => Promise<string>;
}

const dayMs = 86_400_000;

/** Answers the same one to all tests of a file: keys take time. */
export const testAuthority = memoised(() => newTestAuthority("Test"));

/** One that has nothing to do with the first. */
export const otherTestAuthority = memoised(() => newTestAuthority("Other"));

async function newTestAuthority(name: string): Promise<TestAuthority> {
  const now = Date.now() - 400 * dayMs;
  const root = await newRoot({ name: `${name} Root`, now, days: 3650 });
  const issuing = await newIssuing({ root, name: `${name} Issuing`, now, days: 3000 });
  const ca = root.cert + issuing.cert;
  type Issue = (request: { authority: CertifiedKey; publicKey: string; now: number; days: number }) => Promise<string>;
  const material = async ({ fromDays = 0, days = 30 }: TestValidity, issue: Issue): Promise<TestMaterial> => {
    const key = newKeyPem();
    const request = { authority: issuing, publicKey: publicKeyPemOf(key), now: Date.now() + fromDays * dayMs, days };
    return { ca, cert: (await issue(request)) + issuing.cert, key };
  };
  const names = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"] };
  let number = 0;
  const listOf = async (authority: CertifiedKey, revoked: readonly string[], overdueDays: number): Promise<string> =>
    newCrlPem({
      authority,
      revoked: revoked.map((pem) => ({ serial: new X509Certificate(pem).serialNumber, revokedAt: Date.now() - 1000 })),
      number: (number += 1),
      now: Date.now() - (overdueDays + 1) * dayMs,
      nextUpdate: Date.now() + (overdueDays > 0 ? -overdueDays : 7) * dayMs,
    });
  return {
    ca,
    root,
    issuing,
    gateway: (gateway, validity = {}) =>
      material(validity, (request) => issueGatewayCertificate({ ...request, gateway })),
    ingestor: (ingestor) =>
      material({}, (request) => issueIngestorCertificate({ ...request, ingestor, dnsNames: [], ipAddresses: [] })),
    server: (validity = {}) => material(validity, (request) => issueServerCertificate({ ...request, ...names })),
    crl: async (revoked, overdueDays = 0) =>
      (await listOf(issuing, revoked, overdueDays)) + (await listOf(root, [], overdueDays)),
  };
}

function memoised<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
