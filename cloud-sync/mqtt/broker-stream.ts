import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectEncrypted } from "node:tls";
import type { ConnectOptions, TlsMaterial } from "./connection.ts";

/**
 * Starts a connection to a broker's address, over TCP or TLS. mqtt.js would do it too, but would first load what it has
 * for WebSockets and proxies: 30 ms of a start, and 8 MB.
 *
 * Throws what Node says of a certificate, a key or an authority that cannot be used.
 */
export function brokerStream({ url: text, tls }: Pick<ConnectOptions, "url" | "tls">): Socket {
  const url = new URL(text);
  // An address of version 6 stands in brackets only where a port may follow it.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const material = tls?.() ?? null;
  const isEncrypted = url.protocol === "mqtts:" || showsCertificate(material);
  const port = Number(url.port === "" ? defaultPorts[isEncrypted ? "mqtts" : "mqtt"] : url.port);
  const socket = isEncrypted
    ? connectEncrypted({ host, port, ...tlsOptions(material), ...(isIP(host) === 0 ? { servername: host } : {}) })
    : connectPlain({ host, port });
  // Nagle's algorithm would hold a message back until the peer's delayed acknowledgement of the one before: 40 ms.
  return socket.setNoDelay(true);
}

const defaultPorts = { mqtt: 1883, mqtts: 8883 };

/** Who has a certificate to show never goes without encryption, whatever the address says. */
const showsCertificate = (material: TlsMaterial | null): boolean =>
  material !== null && material.cert !== null && material.key !== null;

/** A peer that cannot prove its name is refused, whatever the environment of the process says. */
function tlsOptions(material: TlsMaterial | null): object {
  const { ca = null, cert = null, key = null } = material ?? {};
  return {
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  };
}
