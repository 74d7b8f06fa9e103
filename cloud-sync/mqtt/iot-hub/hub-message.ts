import { fail, ok } from "../../../device-drivers/kit/result.ts";
import type { Result } from "../../../device-drivers/kit/result.ts";
import { gatewayId } from "../../contract/reading.ts";
import { parseTopic } from "../../contract/topics.ts";

/** A device-to-cloud message as a consumer gets it from the hub's endpoint or from one of its routes. */
export interface HubMessage {
  /** The hub's own word on who sent it: the system property `iothub-connection-device-id`. */
  readonly connectionDeviceId: string;
  /** The application properties. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

/** What an ingestor's handlers take. */
export interface IngestibleMessage {
  readonly gateway: string;
  readonly kind: "readings" | "events" | "state" | "results";
  readonly payload: Uint8Array;
}

/**
 * Turns a message of the hub back into one of the delivery contract, for `SourceHandlers` of the ingestor. The gateway
 * is the device that the hub has authenticated, whatever the message says of itself.
 *
 * @param gatewayOf which gateway a device is; null for one that is none of ours
 * @returns the error says what to write into a log; such a message belongs into quarantine, not into the void
 */
export function readHubMessage(
  { connectionDeviceId, properties, body }: HubMessage,
  gatewayOf: (deviceId: string) => string | null = sameName,
): Result<IngestibleMessage, HubMessageFault> {
  const gateway = gatewayOf(connectionDeviceId);
  if (gateway === null) return fail("unknown-device");
  const { kind, topic } = properties;
  if (kind !== "readings" && kind !== "events" && kind !== "state" && kind !== "results") return fail("unknown-kind");
  if (typeof topic !== "string") return fail("not-of-this-contract");
  const parsed = parseTopic(topic);
  if (parsed === null || parsed.kind !== kind) return fail("not-of-this-contract");
  if (parsed.gateway !== gateway) return fail("another-gateways");
  return ok({ gateway, kind, payload: body });
}

export type HubMessageFault = "unknown-device" | "unknown-kind" | "not-of-this-contract" | "another-gateways";

const sameName = (deviceId: string): string | null => (gatewayId.safeParse(deviceId).success ? deviceId : null);
