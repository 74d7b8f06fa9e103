import type { TlsMaterial } from "../../cloud-sync/mqtt/connection.ts";

export interface UplinkTls {
  /** What the gateway was enrolled with. It may throw. */
  readonly identity: () => TlsMaterial;
  /** The files that the configuration names, if any. It may throw. */
  readonly files: (() => TlsMaterial) | undefined;
  /** By what an IoT Hub lets in; null where the uplink is a broker of the fleet's. */
  readonly hub: "key" | "certificate" | null;
}

/**
 * How an enrolled gateway shows itself to its uplink, and by whom it knows it: by the authorities of the configuration;
 * else a broker by the authority that enrolled the gateway, and a hub, which is not the fleet's, by the authorities of
 * Node. A hub that lets in by a key is not shown the certificate.
 */
export function uplinkTls({ identity, files, hub }: UplinkTls): TlsMaterial {
  const configured = files?.() ?? { ca: null, cert: null, key: null };
  if (hub === "key") return configured;
  const own = identity();
  return { ...own, ca: configured.ca ?? (hub === null ? own.ca : null) };
}

export const hubEntry = (hub: { readonly sasKey: unknown } | undefined): UplinkTls["hub"] => {
  if (hub === undefined) return null;
  return hub.sasKey === null ? "certificate" : "key";
};
