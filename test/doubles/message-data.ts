import { openEnvelope } from "../../cloud-sync/contract/cloud-event.ts";
import type { TopicKind } from "../../cloud-sync/contract/topics.ts";

/** What is in a message, whichever form its envelope has. Throws if the envelope is wrong. */
export function messageData(kind: TopicKind, payload: Uint8Array): unknown {
  const opened = openEnvelope(JSON.parse(new TextDecoder().decode(payload)), { kind });
  if (!opened.ok) throw new TypeError(`${opened.error.code}: ${opened.error.reason}`);
  return opened.value.data;
}
