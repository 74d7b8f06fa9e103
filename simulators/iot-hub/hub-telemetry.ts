import type { WillMessage } from "./mqtt-packets.ts";

/** A device-to-cloud message as the hub hands it to whoever reads its endpoint. */
export interface HubTelemetry {
  /** The hub's own word: `iothub-connection-device-id`. */
  readonly connectionDeviceId: string;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly messageId: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** `iothub-MessageType` is `Will`. */
  readonly isWill: boolean;
}

/** A RETAIN flag becomes the property `mqtt-retain`: a hub retains nothing. */
export function telemetryOf(deviceId: string, message: WillMessage, bag: ReadonlyMap<string, string>): HubTelemetry {
  const own = [...bag].filter(([key]) => !key.startsWith("$."));
  return {
    connectionDeviceId: deviceId,
    contentType: bag.get("$.ct") ?? null,
    contentEncoding: bag.get("$.ce") ?? null,
    messageId: bag.get("$.mid") ?? null,
    properties: Object.fromEntries(message.retain ? own.concat([["mqtt-retain", "true"]]) : own),
    body: message.payload,
    isWill: false,
  };
}
