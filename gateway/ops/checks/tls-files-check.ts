import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { certificateName } from "../../../cloud-sync/ingest/peer-certificate.ts";
import { broken, doubtful, healthy } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

export interface TlsFacts {
  /** Reads the files that the configuration names; it may throw. */
  readonly material: () => TlsMaterial;
  /** What the certificate is for: for a client, what its common name must be (or begin with), for a server nothing. */
  readonly role: "server" | { readonly client: string | RegExp };
  /** In milliseconds since 1970. */
  readonly now: number;
}

const soonMs = 7 * 86_400_000;

/** Are the certificate, its key and the authorities there, do they fit, and for how long? */
export const tlsFilesCheck = (facts: TlsFacts): Check => ({
  name: "certificate files",
  run: () => Promise.resolve().then(() => judgeTlsFiles(facts)),
});

export function judgeTlsFiles({ material, role, now }: TlsFacts): Finding {
  const { ca, cert, key } = material();
  const authorities = ca === null ? [] : certificatesIn(ca);
  if (authorities === null || (ca !== null && authorities.length === 0)) {
    return broken("caFile holds no certificate in PEM", "Put the certificates of the authorities there.");
  }
  if (cert === null || key === null)
    return healthy(`${authorities.length} authorities are known; no certificate is shown`);
  const [own] = certificatesIn(cert) ?? [];
  if (own === undefined) return broken("certFile holds no certificate in PEM", "Put the own certificate first in it.");
  if (!fits(own, key)) {
    return broken("the key does not fit the certificate", "Let certFile and the key's file be of one issue.");
  }
  return misnamed(own, cert, role) ?? dated(own, now, authorities);
}

function misnamed(own: X509Certificate, pem: string, role: TlsFacts["role"]): Finding | null {
  const name = certificateName(pem) ?? "nobody";
  const purpose = role === "server" ? serverAuth : clientAuth;
  const purposes = own.keyUsage as readonly string[] | undefined;
  if (purposes !== undefined && !purposes.includes(purpose)) {
    return broken(
      `the certificate of ${name} is not made for a ${role === "server" ? "server" : "client"}`,
      "Have one issued for this purpose.",
    );
  }
  if (role === "server") return null;
  const { client } = role;
  const isMeant = typeof client === "string" ? name === client : client.test(name);
  if (isMeant) return null;
  const meant = typeof client === "string" ? client : "an ingestor (ingestor-…)";
  return broken(`the certificate is made out to ${name}, not to ${meant}`, "Have one issued for this name.");
}

function dated(own: X509Certificate, now: number, authorities: readonly X509Certificate[]): Finding {
  const [from, to] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  const until = new Date(to).toISOString().slice(0, 10);
  if (to < now) return broken(`the certificate has expired on ${until}`, "Renew it; readings are kept meanwhile.");
  if (from > now) {
    return broken("the certificate is not valid yet", "Check this machine's clock, then the certificate's dates.");
  }
  if (to - now < soonMs) {
    return doubtful(`the certificate expires on ${until}`, "Renew it in time: without it nobody is let in.");
  }
  const old = authorities.find((authority) => Date.parse(authority.validTo) < now);
  if (old !== undefined) {
    return doubtful("one of the authorities in caFile has expired", "Put its successor there.");
  }
  return healthy(`key and certificate fit; valid until ${until}`);
}

/** Extended key usages, RFC 5280, 4.2.1.12. */
const serverAuth = "1.3.6.1.5.5.7.3.1";
const clientAuth = "1.3.6.1.5.5.7.3.2";

/** Null if a block cannot be read. */
function certificatesIn(pem: string): readonly X509Certificate[] | null {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

function fits(certificate: X509Certificate, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}
