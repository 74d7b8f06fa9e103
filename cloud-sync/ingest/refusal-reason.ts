import type { PacketFault } from "./packet-guard.ts";

/** Why the broker refuses a peer or what it says: the names of its counts and of its log. */
export type RefusalReason =
  | PacketFault
  | CertificateFault
  | HandshakeFault
  | "too-many-connections"
  | "too-many-pending-connections"
  | "connect-timeout"
  | "keep-alive-timeout"
  | "client-id-refused"
  | "client-id-not-certified"
  | "client-id-in-use"
  | "will-refused"
  | "publish-refused"
  | "publish-not-taken"
  | "subscribe-refused"
  | "receipt-unread"
  | "protocol-error";

/** What is wrong with the certificate of a peer whose handshake was in order. */
export type CertificateFault =
  | "certificate-missing"
  | "certificate-expired"
  | "certificate-not-yet-valid"
  | "certificate-untrusted"
  | "certificate-purpose-wrong"
  | "certificate-nobody"
  | "certificate-revoked";

export type HandshakeFault = "handshake-failed" | "handshake-timeout" | "too-many-handshakes";
