import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { certificateName } from "../../../cloud-sync/ingest/peer-certificate.ts";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

export interface TlsFacts {
  /** Reads the files that the configuration names; it may throw. */
  readonly material: () => TlsMaterial;
  /** What the certificate is for: for a client, what its common name must be (or begin with), for a server nothing. */
  readonly role: "server" | { readonly client: string | RegExp };
  /** In milliseconds since 1970. */
  readonly now: number;
}

export const soonMs = 7 * 86_400_000;

/** Are the certificate, its key and the authorities there, do they fit, and for how long? */
export const tlsFilesCheck = (facts: TlsFacts): Check => ({
  name: "certificate files",
  run: () => Promise.resolve().then(() => judgeTlsFiles(facts)),
});

export function judgeTlsFiles({ material, role, now }: TlsFacts): Finding {
  const { ca, cert, key } = material();
  const authorities = ca === null ? [] : certificatesIn(ca);
  if (authorities === null || (ca !== null && authorities.length === 0)) {
    return broken(say("ca-unreadable"));
  }
  if (cert === null || key === null) return healthy(say("ca-alone", { authorities: authorities.length }));
  const [own] = certificatesIn(cert) ?? [];
  if (own === undefined) return broken(say("cert-unreadable"));
  if (!fits(own, key)) return broken(say("key-of-another"));
  return misnamed(own, cert, role) ?? dated(own, now, authorities);
}

function misnamed(own: X509Certificate, pem: string, role: TlsFacts["role"]): Finding | null {
  const name = certificateName(pem) ?? "nobody";
  if (!isFor(own, role === "server" ? serverAuth : clientAuth)) {
    return broken(say(role === "server" ? "cert-not-for-server" : "cert-not-for-client", { name }));
  }
  if (role === "server") return null;
  const { client } = role;
  if (typeof client !== "string") return client.test(name) ? null : broken(say("cert-of-no-ingestor", { name }));
  return name === client ? null : broken(say("cert-of-another", { name, meant: client }));
}

function dated(own: X509Certificate, now: number, authorities: readonly X509Certificate[]): Finding {
  const [from, to] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  const end = dayOf(to);
  if (to < now) return broken(say("cert-expired", { end }));
  if (from > now) return broken(say("cert-not-yet-valid"));
  if (to - now < soonMs) return doubtful(say("cert-expiring", { end }));
  const old = authorities.find((authority) => Date.parse(authority.validTo) < now);
  return old === undefined ? healthy(say("cert-fit", { end })) : doubtful(say("ca-expired"));
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Extended key usages, RFC 5280, 4.2.1.12. */
export const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";

/** One that says nothing of what it is for is for everything. */
export function isFor(certificate: X509Certificate, purpose: string): boolean {
  const purposes = certificate.keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.includes(purpose);
}

/** Null if a block cannot be read. */
export function certificatesIn(pem: string): readonly X509Certificate[] | null {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

export function fits(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
