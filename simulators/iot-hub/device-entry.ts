import type { TLSSocket } from "node:tls";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { fail, ok } from "../../device-drivers/kit/result.ts";
import type { Result } from "../../device-drivers/kit/result.ts";
import type { DeviceIdentity, HubDevice } from "./hub-device.ts";
import { publicationOf, readUserName } from "./hub-rules.ts";
import type { ConnectPacket, WillMessage } from "./mqtt-packets.ts";
import { checkSas } from "./sas-check.ts";

/** A device that was let in. */
export interface Entry {
  readonly device: HubDevice;
  readonly clean: boolean;
  readonly keepAliveS: number;
  readonly will: WillMessage | null;
  /** When its token expires, in seconds since 1970; null for a certificate. */
  readonly expiresAtS: number | null;
}

export interface Refusal {
  /** Of CONNACK: 1 the version, 5 everything else. */
  readonly returnCode: 1 | 5;
  readonly why: string;
}

interface Doorkeeper {
  readonly hostName: string;
  readonly clock: Clock;
  device(id: string): HubDevice | null;
}

/** Who may come in. */
export function entry(hub: Doorkeeper, packet: ConnectPacket, socket: TLSSocket): Result<Entry, Refusal> {
  if (packet.protocolLevel !== 4) {
    return fail({ returnCode: 1, why: `MQTT protocol level ${packet.protocolLevel} where 4 is spoken` });
  }
  const user = readUserName(packet.username);
  if (user === null) return refused("the user name is not {hub}/{device}/?api-version=…");
  if (user.hub.toLowerCase() !== hub.hostName.toLowerCase()) return refused("the user name names another hub");
  if (user.deviceId !== packet.clientId) return refused("the client id is not the device id of the user name");
  const device = hub.device(packet.clientId);
  if (device === null) return refused("no such device");
  const { will, clean, keepAliveS } = packet;
  if (will !== null && (will.qos === 2 || publicationOf(packet.clientId, will.topic)?.type !== "telemetry")) {
    return refused("a last will that is no telemetry of this device");
  }
  const proof = proofOf(hub, device.identity, { password: packet.password, socket });
  return typeof proof === "string" ? refused(proof) : ok({ device, clean, keepAliveS, will, ...proof });
}

const refused = (why: string): Result<never, Refusal> => fail({ returnCode: 5, why });

/** When the proof expires, or why it is none. */
function proofOf(
  { hostName, clock }: Doorkeeper,
  { id, auth }: DeviceIdentity,
  { password, socket }: { readonly password: string | null; readonly socket: TLSSocket },
): { readonly expiresAtS: number | null } | string {
  if (auth.type === "sas") {
    const resource = `${hostName}/devices/${id}`;
    const checked = checkSas(password, { resource, keys: auth.keys, nowS: Math.floor(clock.now() / 1000) });
    return typeof checked === "string" ? checked : { expiresAtS: checked };
  }
  const { fingerprint, fingerprint256, subject } = socket.getPeerX509Certificate() ?? {};
  if (fingerprint === undefined || fingerprint256 === undefined) return "no client certificate";
  if (auth.type === "thumbprint") {
    const shown = new Set([fingerprint, fingerprint256].map(plainHex));
    return auth.thumbprints.some((known) => shown.has(plainHex(known)))
      ? { expiresAtS: null }
      : "a certificate of another thumbprint";
  }
  if (!socket.authorized) return "a certificate that the hub's authority did not sign, or that has expired";
  const names = (subject ?? "").split("\n").filter((line) => line.startsWith("CN="));
  return names.includes(`CN=${id}`) ? { expiresAtS: null } : "a certificate whose common name is another";
}

const plainHex = (text: string): string => text.replaceAll(":", "").toUpperCase();
