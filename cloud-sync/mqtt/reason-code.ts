import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { connectionErrors } from "./connection-error.ts";

type ConnectionCode = keyof typeof connectionErrors.table;

/** What a refused CONNECT means: return codes of MQTT 3.1.1 §3.2.2.3 and reason codes of MQTT 5 §3.2.2.2. */
export function refusedConnect(reasonCode: number): CarepostError {
  const code = connectCodes[reasonCode] ?? "broker-refused";
  return connectionErrors.make(code, `the broker refused the connection: ${reasonText(reasonCode)}`, {
    context: { reasonCode },
  });
}

/** What a negative acknowledgement of a publish means: reason codes of MQTT 5 §3.4.2.1. */
export function refusedPublish(reasonCode: number): CarepostError {
  const code = publishCodes[reasonCode] ?? "publish-refused";
  return connectionErrors.make(code, `the broker refused the message: ${reasonText(reasonCode)}`, {
    context: { reasonCode },
  });
}

/** What a negative SUBACK means. MQTT 3.1.1 §3.9.3 knows one failure, 0x80, and brokers use it for their access rules. */
export function refusedSubscribe(reasonCode: number): CarepostError {
  const code = reasonCode === 0x80 ? "not-authorized" : (publishCodes[reasonCode] ?? "broker-refused");
  return connectionErrors.make(code, `the broker refused the subscription: ${reasonText(reasonCode)}`, {
    context: { reasonCode },
  });
}

/** `Quota exceeded (0x97)` */
export const reasonText = (reasonCode: number): string =>
  `${reasonNames[reasonCode] ?? "unnamed reason"} (0x${reasonCode.toString(16).padStart(2, "0")})`;

const connectCodes: Readonly<Record<number, ConnectionCode>> = {
  0x01: "broker-version-refused",
  0x04: "not-authorized",
  0x05: "not-authorized",
  0x84: "broker-version-refused",
  0x86: "not-authorized",
  0x87: "not-authorized",
  0x8a: "not-authorized",
  0x8c: "not-authorized",
  0x97: "quota-exceeded",
};

const publishCodes: Readonly<Record<number, ConnectionCode>> = {
  0x87: "not-authorized",
  0x95: "packet-too-large",
  0x97: "quota-exceeded",
};

const reasonNames: Readonly<Record<number, string>> = {
  0x01: "Unacceptable protocol version",
  0x02: "Identifier rejected",
  0x03: "Server unavailable",
  0x04: "Bad user name or password",
  0x05: "Not authorized",
  0x80: "Unspecified error",
  0x81: "Malformed packet",
  0x82: "Protocol error",
  0x83: "Implementation specific error",
  0x84: "Unsupported protocol version",
  0x85: "Client identifier not valid",
  0x86: "Bad user name or password",
  0x87: "Not authorized",
  0x88: "Server unavailable",
  0x89: "Server busy",
  0x8a: "Banned",
  0x8b: "Server shutting down",
  0x8d: "Keep alive timeout",
  0x8e: "Session taken over",
  0x8f: "Topic filter invalid",
  0x90: "Topic name invalid",
  0x91: "Packet identifier in use",
  0x93: "Receive maximum exceeded",
  0x95: "Packet too large",
  0x96: "Message rate too high",
  0x97: "Quota exceeded",
  0x98: "Administrative action",
  0x99: "Payload format invalid",
  0x9c: "Use another server",
  0x9d: "Server moved",
  0x9f: "Connection rate exceeded",
  0xa0: "Maximum connect time",
};
