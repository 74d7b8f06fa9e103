import { connect, type TLSSocket } from "node:tls";
import { closedUnanswered, connectFailure } from "../../../cloud-sync/mqtt/connect-failure.ts";
import type { TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { refusedConnect } from "../../../cloud-sync/mqtt/reason-code.ts";
import { healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";
import { dayOf } from "./tls-files-check.ts";

const connectTimeoutMs = 5000;
/** In TLS 1.3 the broker says what it thinks of a certificate after the handshake, as soon as it has seen it. */
const objectionMs = 1500;

/**
 * Can the broker be reached, do both sides accept the other's certificate? It makes the handshake and says nothing in
 * MQTT: the certificate allows one client id alone, and with that it would throw out the gateway, which may be at work.
 */
export const brokerTlsCheck = (url: string, material: () => TlsMaterial): Check => ({
  name: "broker",
  run: async (signal) => {
    const startedAt = performance.now();
    const socket = secureSocket(url, material());
    try {
      await handshake(socket, signal);
      const ms = Math.round(performance.now() - startedAt);
      await noObjection(socket, signal);
      const end = dayOf(Date.parse(socket.getPeerCertificate().valid_to));
      return healthy(say("broker-answers-tls", { url, ms, version: socket.getProtocol() ?? "TLS", end }));
    } finally {
      socket.destroy();
    }
  },
});

function secureSocket(url: string, { ca, cert, key }: TlsMaterial): TLSSocket {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isName = !/^[\d.]+$|:/.test(host);
  return connect({
    host,
    port: port === "" ? 8883 : Number(port),
    ...(isName ? { servername: host } : {}),
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
  });
}

function handshake(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on("error", (error) => reject(connectFailure(error)));
    socket.once("secureConnect", resolve);
    socket.once("close", () => reject(closedUnanswered(null)));
    socket.setTimeout(connectTimeoutMs, () => reject(connectFailure(new Error("connack timeout"))));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function noObjection(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on("error", (error) => reject(connectFailure(error)));
    socket.once("close", () => reject(closedUnanswered(null)));
    // Before a CONNECT a broker says nothing but no: the embedded one does so in MQTT.
    socket.once("data", () => reject(refusedConnect(5)));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    setTimeout(resolve, objectionMs);
  });
}
