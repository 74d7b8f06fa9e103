import type { TopicKind } from "../../contract/topics.ts";
import type { PropertyBag } from "./property-bag.ts";

/** A message may have so many bytes, its properties with it. */
export const hubMessageBytesMax = 262_144;

/**
 * The properties of one of our messages: what its body is, its id where it has one, and where it belongs in our own
 * contract, so that routes can tell kinds apart without opening a body.
 */
export function telemetryProperties(kind: TopicKind, topic: string, payload: Uint8Array): PropertyBag {
  const properties = new Map<string, string | null>([
    ["$.ct", "application/json"],
    ["$.ce", "utf-8"],
  ]);
  const id = messageId(kind, payload);
  if (id !== null) properties.set("$.mid", id);
  return properties.set("kind", kind).set("topic", topic);
}

/** A message begins with its version and its id: the readings behind them need not be parsed for it. */
function messageId(kind: TopicKind, payload: Uint8Array): string | null {
  const head = new TextDecoder().decode(payload.subarray(0, idWithinBytes));
  return (cloudEventId.exec(head) ?? idPatterns[kind]?.exec(head))?.[1] ?? null;
}

const idWithinBytes = 256;
const cloudEventId = /^\{"specversion":"1\.0","id":"([A-Za-z0-9:_-]{1,128})"/;
const idPatterns: Readonly<Partial<Record<TopicKind, RegExp>>> = {
  readings: /^\{"v":1,"batch":"([A-Za-z0-9_-]{1,64})"/,
  events: /^\{"v":1,"id":"([A-Za-z0-9_-]{1,64})"/,
  results: /^\{"v":1,"id":"([A-Za-z0-9_-]{1,64})"/,
};
