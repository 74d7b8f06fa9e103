import { openEnvelope } from "./cloud-event.ts";
import type { TopicKind } from "./topics.ts";

/**
 * What is in a message of this kind, whichever form it has, for whoever looks on: a simulator, a dialect that has to read
 * what passes through it. Undefined if it is no message. Ends of the delivery, which say what is wrong, open it themselves.
 */
export function messageData(kind: TopicKind, payload: Uint8Array): unknown {
  try {
    const opened = openEnvelope(JSON.parse(utf8.decode(payload)), { kind });
    return opened.ok ? opened.value.data : undefined;
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
