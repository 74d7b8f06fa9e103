import { decodeBag, encodeBag } from "./property-bag.ts";
import type { PropertyBag } from "./property-bag.ts";

/**
 * The fixed topics of an IoT Hub, for one device.
 *
 * @see https://learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub
 */
export interface HubTopics {
  telemetry(properties: PropertyBag): string;
  /** The four filters that a device may want; a hub bears five at once. */
  readonly filters: {
    readonly devicebound: string;
    readonly methods: string;
    readonly twinResponses: string;
    readonly desired: string;
  };
  readonly twinGet: (rid: string) => string;
  readonly reported: (rid: string) => string;
  readonly methodAnswer: (status: number, rid: string) => string;
}

export const hubTopics = (deviceId: string): HubTopics => ({
  telemetry: (properties) => `devices/${deviceId}/messages/events/${encodeBag(properties)}`,
  filters: {
    devicebound: `devices/${deviceId}/messages/devicebound/#`,
    methods: "$iothub/methods/POST/#",
    twinResponses: "$iothub/twin/res/#",
    desired: "$iothub/twin/PATCH/properties/desired/#",
  },
  twinGet: (rid) => `$iothub/twin/GET/?$rid=${rid}`,
  reported: (rid) => `$iothub/twin/PATCH/properties/reported/?$rid=${rid}`,
  methodAnswer: (status, rid) => `$iothub/methods/res/${status}/?$rid=${rid}`,
});

/** What a hub's topic says of the message that came on it. */
export type HubSubject =
  | { readonly type: "devicebound"; readonly properties: PropertyBag }
  | { readonly type: "method"; readonly name: string; readonly rid: string }
  | { readonly type: "twin-response"; readonly status: number; readonly rid: string }
  | { readonly type: "desired" };

/** Takes a topic of the hub apart; null for what none of our filters asks for. */
export function parseHubTopic(deviceId: string, topic: string): HubSubject | null {
  const devicebound = `devices/${deviceId}/messages/devicebound/`;
  if (topic.startsWith(devicebound)) {
    const properties = decodeBag(topic.slice(devicebound.length).replace(/^\//, ""));
    return properties === null ? null : { type: "devicebound", properties };
  }
  if (topic.startsWith("$iothub/twin/PATCH/properties/desired/")) return { type: "desired" };
  const [, name = "", methodBag = ""] = /^\$iothub\/methods\/POST\/([^/]+)\/(.*)$/.exec(topic) ?? [];
  const methodRid = decodeBag(methodBag)?.get("$rid") ?? null;
  if (name !== "" && methodRid !== null) return { type: "method", name, rid: methodRid };
  const [, status = "", answerBag = ""] = /^\$iothub\/twin\/res\/(\d{3})\/(.*)$/.exec(topic) ?? [];
  const rid = decodeBag(answerBag)?.get("$rid") ?? null;
  return status === "" || rid === null ? null : { type: "twin-response", status: Number(status), rid };
}
