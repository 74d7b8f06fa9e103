import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { followCertificate } from "../identity/follow-certificate.ts";
import type { TlsMaterial } from "../mqtt/connection.ts";
import type { Identity } from "./broker-access.ts";
import type { BrokerLimits } from "./broker-limits.ts";
import { certifiedIdentity } from "./peer-certificate.ts";
import { RateLimit } from "./rate-limit.ts";
import type { CertificateFault, HandshakeFault } from "./refusal-reason.ts";
import type { Revocations } from "./revocations.ts";
import { secureContextOptions } from "./server-material.ts";

/** What makes a broker's listener a TLS one, with a certificate wanted from each peer. */
export interface BrokerTls {
  /** The broker's own certificate and key, and the authorities of its peers. Asked every second, so that it may be renewed. */
  readonly material: () => TlsMaterial;
  readonly revocations?: Revocations | null | undefined;
}

export interface TlsGatePorts {
  readonly clock: Clock;
  readonly log: Log;
  /** A peer that has proved who it is. */
  readonly onPeer: (socket: TLSSocket, identity: Identity) => void;
  /** `gateway` only if the certificate is of an authority that is trusted. */
  readonly onRefused: (reason: CertificateFault | HandshakeFault, gateway?: string) => void;
}

/** How soon a renewed certificate is served, and a connection ended whose certificate has expired. */
const lookMs = 1000;

export type HandshakeLimits = Pick<BrokerLimits, "handshakeTimeoutMs" | "handshakesPerSMax">;

/**
 * Stands between the listener and the broker: makes the handshakes (TLS 1.3) and lets through who has a certificate
 * that is trusted, in force, meant for a client, not revoked, and that names one gateway or ingestor. A connection whose
 * certificate is revoked or expires later is ended.
 */
export class TlsGate {
  readonly #tls: BrokerTls;
  readonly #ports: TlsGatePorts;
  readonly #handshakeRate: RateLimit;
  readonly #server: Server;
  readonly #peers = new Map<TLSSocket, Peer>();
  readonly #stop = new AbortController();
  readonly #stopListening: () => void;
  #handshaking = 0;

  /** Throws `broker-certificate-unusable`, or whatever `material` throws. */
  constructor(tls: BrokerTls, limits: HandshakeLimits, ports: TlsGatePorts) {
    const { clock, log } = ports;
    this.#tls = tls;
    this.#ports = ports;
    this.#handshakeRate = new RateLimit(clock, limits.handshakesPerSMax);
    const material = tls.material();
    this.#server = createServer({
      ...secureContextOptions(material),
      requestCert: true,
      // Judged below: Node would cut an unauthorised peer without a word, and without telling anyone why.
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeTimeoutMs,
    });
    this.#server.on("secureConnection", (socket) => this.#onSecure(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#onHandshakeError(error, socket));
    this.#stopListening = tls.revocations?.onChange(() => this.#endRevoked()) ?? ((): void => undefined);
    const followed = {
      read: tls.material,
      inForce: material,
      renew: (next: TlsMaterial) => this.#server.setSecureContext(secureContextOptions(next)),
      onTick: () => this.#endExpired(),
    };
    void followCertificate(followed, { clock, log, signal: this.#stop.signal, name: "broker", lookMs });
  }

  /** How many connections have not finished their handshake. */
  get handshaking(): number {
    return this.#handshaking;
  }

  /** Takes a connection that was just accepted. */
  admit(socket: Socket): void {
    if (!this.#handshakeRate.take()) {
      socket.destroy();
      this.#ports.onRefused("too-many-handshakes");
      return;
    }
    this.#handshaking += 1;
    this.#server.emit("connection", socket);
  }

  close(): void {
    this.#stop.abort();
    this.#stopListening();
  }

  #onSecure(socket: TLSSocket): void {
    this.#handshaking -= 1;
    const peer = judge(socket, this.#tls.revocations ?? null, this.#ports.clock.now());
    if ("fault" in peer) {
      this.#ports.onRefused(peer.fault, peer.identity?.id);
      turnAway(socket);
      return;
    }
    this.#peers.set(socket, peer);
    socket.once("close", () => this.#peers.delete(socket));
    this.#ports.onPeer(socket, peer.identity);
  }

  #onHandshakeError(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    this.#handshaking -= 1;
    socket.on("error", () => undefined);
    socket.destroy();
    // Whoever hangs up in the middle means no harm: a balancer's health check does so every second.
    if (error.code === "ECONNRESET" || "syscall" in error) return;
    this.#ports.onRefused(error.code === "ERR_TLS_HANDSHAKE_TIMEOUT" ? "handshake-timeout" : "handshake-failed");
  }

  #endExpired(): void {
    const now = this.#ports.clock.now();
    for (const [socket, { validTo }] of this.#peers) if (validTo < now) this.#end(socket, "certificate-expired");
  }

  #endRevoked(): void {
    for (const [socket, { certificate }] of this.#peers) {
      if (this.#tls.revocations?.isRevoked(certificate) === true) this.#end(socket, "certificate-revoked");
    }
  }

  #end(socket: TLSSocket, reason: CertificateFault): void {
    const gateway = this.#peers.get(socket)?.identity.id;
    this.#peers.delete(socket);
    socket.destroy();
    this.#ports.onRefused(reason, gateway);
  }
}

interface Peer {
  readonly identity: Identity;
  readonly certificate: X509Certificate;
  /** In milliseconds since 1970. */
  readonly validTo: number;
}

interface UnfitPeer {
  readonly fault: CertificateFault;
  readonly identity: Identity | null;
}

function judge(socket: TLSSocket, revocations: Revocations | null, now: number): Peer | UnfitPeer {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { fault: "certificate-missing", identity: null };
  if (!socket.authorized) {
    // Node puts OpenSSL's name of the fault here, whatever its types say.
    const fault = certificateFaults[String(socket.authorizationError)] ?? "certificate-untrusted";
    return { fault, identity: null };
  }
  const identity = certifiedIdentity(socket.getPeerCertificate());
  if (identity === null) return { fault: "certificate-nobody", identity };
  const validTo = Date.parse(certificate.validTo);
  // A session that is resumed is not verified anew.
  if (validTo < now) return { fault: "certificate-expired", identity };
  if (revocations?.isRevoked(certificate) === true) return { fault: "certificate-revoked", identity };
  return { identity, certificate, validTo };
}

const certificateFaults: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: "certificate-expired",
  CERT_NOT_YET_VALID: "certificate-not-yet-valid",
  CERT_REVOKED: "certificate-revoked",
  INVALID_PURPOSE: "certificate-purpose-wrong",
};

/**
 * Says no in MQTT, because Node has no way to say it in TLS: without an answer a gateway could not tell "you may not"
 * from "I am busy". The answer is CONNACK, "not authorized" (3.1.1, 3.2.2.3); what the peer says is not looked at.
 */
function turnAway(socket: TLSSocket): void {
  socket.on("error", () => undefined);
  socket.end(Uint8Array.of(0x20, 2, 0, 5));
  socket.resume();
  const impatience = setTimeout(() => socket.destroy(), turnAwayMs);
  socket.once("close", () => clearTimeout(impatience));
}

const turnAwayMs = 1000;
