import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";

/** The serial number of the certificate that a new handshake is shown, whoever signed it. */
export async function servedSerial(url: string): Promise<string> {
  const { hostname: host, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
    resolve(socket.getPeerX509Certificate()?.serialNumber ?? "none");
    socket.destroy();
  });
  socket.once("error", reject);
  return await promise;
}

export const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber;
