import { readFileSync } from "node:fs";
import { join } from "node:path";
import { issueGatewayCertificate, newKeyPem, publicKeyPemOf } from "../../cloud-sync/identity/certificates.ts";
import type { CertifiedKey } from "../../cloud-sync/identity/certificates.ts";
import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";
import { fleetErrors } from "./fleet-error.ts";

/** How each gateway of a fleet proves who it is: asked once for each gateway, and the answer for each connection. */
export type GatewayCredentials = (gateway: string) => () => TlsMaterial;

/**
 * Certificates from a folder: `ca.crt`, and `<gateway>.crt` with `<gateway>.key` for each. Throws
 * `fleet-identity-missing` for a gateway that has none.
 */
export function credentialsIn(folder: string): GatewayCredentials {
  const ca = readPem(join(folder, "ca.crt"));
  return (gateway) => {
    const cert = readPem(join(folder, `${gateway}.crt`));
    const material = { ca, cert, key: readPem(join(folder, `${gateway}.key`)) };
    return () => material;
  };
}

/** An authority that can issue, and the anchor that the broker's own certificate is judged by. */
export interface FleetAuthority {
  readonly root: string;
  readonly issuing: CertifiedKey;
}

/** From an authority's folder: `root.crt`, `issuing.crt` and `issuing.key`. Throws `fleet-identity-missing`. */
export const authorityIn = (folder: string): FleetAuthority => ({
  root: readPem(join(folder, "root.crt")),
  issuing: { cert: readPem(join(folder, "issuing.crt")), key: readPem(join(folder, "issuing.key")) },
});

/**
 * Issues a certificate for each gateway, in memory. They share one private key: a broker works no less for that, and ten
 * thousand more keys prove nothing.
 */
export async function issuedCredentials(
  { root, issuing }: FleetAuthority,
  gateways: readonly string[],
  now: number,
): Promise<GatewayCredentials> {
  const key = newKeyPem();
  const publicKey = publicKeyPemOf(key);
  const certificates = new Map<string, string>();
  for (const gateway of gateways) {
    const cert = await issueGatewayCertificate({ authority: issuing, publicKey, now, gateway });
    certificates.set(gateway, cert + issuing.cert);
  }
  return (gateway) => {
    const cert = certificates.get(gateway);
    if (cert === undefined) throw fleetErrors.make("fleet-identity-missing", `${gateway} was issued no certificate`);
    return () => ({ ca: root, cert, key });
  };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fleetErrors.make("fleet-identity-missing", `${path} cannot be read`, { cause: error });
  }
}
