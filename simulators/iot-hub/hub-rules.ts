/**
 * What Microsoft documents of an IoT Hub's device side, as numbers and patterns. Sources, all under
 * https://learn.microsoft.com/azure/: [M] iot/iot-mqtt-connect-to-iot-hub, [Q] iot-hub/iot-hub-devguide-quotas-throttling,
 * [C] iot-hub/iot-hub-devguide-messages-c2d, [D] iot-hub/iot-hub-devguide-direct-methods.
 */

/** [M] A longer keep-alive is allowed, but nobody waits longer than this. */
export const silenceMaxS = 1_767;
/** [Q] Payload and properties together. */
export const telemetryBytesMax = 262_144;
/** [Q] */
export const cloudMessageBytesMax = 65_536;
/** [C] */
export const cloudMessagesPendingMax = 50;
/** [C] The default time to live. */
export const cloudMessageLifeMs = 3_600_000;
/** [M] "A device can only subscribe to five topics at a time." */
export const subscriptionsMax = 5;
/** [D] */
export const methodBytesMax = 131_072;
/** [Q] Desired and reported properties, each. */
export const twinSectionBytesMax = 32_768;

/** What a device may publish, and what it is. Null for everything else, which ends the connection. */
export type Publication =
  | { readonly type: "telemetry"; readonly bag: string }
  | { readonly type: "twin-get"; readonly bag: string }
  | { readonly type: "twin-reported"; readonly bag: string }
  | { readonly type: "method-answer"; readonly status: number; readonly bag: string };

export function publicationOf(deviceId: string, topic: string): Publication | null {
  const telemetry = `devices/${deviceId}/messages/events/`;
  if (topic.startsWith(telemetry)) return { type: "telemetry", bag: topic.slice(telemetry.length) };
  const twin = /^\$iothub\/twin\/(GET|PATCH\/properties\/reported)\/\?(.+)$/.exec(topic);
  if (twin !== null) return { type: twin[1] === "GET" ? "twin-get" : "twin-reported", bag: twin[2] ?? "" };
  const method = /^\$iothub\/methods\/res\/(-?\d+)\/\?(.+)$/.exec(topic);
  return method === null ? null : { type: "method-answer", status: Number(method[1]), bag: method[2] ?? "" };
}

export type FilterKind = "devicebound" | "methods" | "twin-responses" | "desired";

/** What a device may subscribe to. */
export function filterKindOf(deviceId: string, filter: string): FilterKind | null {
  if (filter === `devices/${deviceId}/messages/devicebound/#`) return "devicebound";
  if (filter === "$iothub/methods/POST/#") return "methods";
  if (filter === "$iothub/twin/res/#") return "twin-responses";
  return filter === "$iothub/twin/PATCH/properties/desired/#" ? "desired" : null;
}

/** `{hub}/{device}/?api-version=…`; null for any other user name. The version is a day, perhaps of a preview. */
export function readUserName(text: string | null): { readonly hub: string; readonly deviceId: string } | null {
  const [, hub, deviceId] =
    /^([^/]+)\/([^/]+)\/\?api-version=\d{4}-\d{2}-\d{2}(?:-preview)?(?:&.*)?$/.exec(text ?? "") ?? [];
  return hub === undefined || deviceId === undefined ? null : { hub, deviceId };
}

/** The bag of a topic, by the rules of a query string; null if it is none. */
export function readBag(bag: string): ReadonlyMap<string, string> | null {
  try {
    const pairs = bag
      .split("&")
      .filter((pair) => pair !== "")
      .map((pair): [string, string] => {
        const equals = pair.indexOf("=");
        const [key, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
        return [decodeURIComponent(key), decodeURIComponent(value)];
      });
    return new Map(pairs);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
