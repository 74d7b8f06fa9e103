import { fleetFilter, parseTopic, type TopicKind } from "../../cloud-sync/contract/topics.ts";
import { ingestorIdPrefix } from "../../cloud-sync/ingest/broker-access.ts";
import type { MemoryBroker } from "../../cloud-sync/mqtt/memory-broker.ts";

/** What a broker in memory hands out on one kind of topic, by gateway, in its order. */
export interface BrokerMail<Message> {
  readonly next: (gateway: string) => Promise<Message>;
  readonly waiting: (gateway: string) => number;
}

export function mailOf<Message>(
  broker: MemoryBroker,
  kind: TopicKind,
  read: (text: string) => Message,
): BrokerMail<Message> {
  const boxes = new Map<string, Message[]>();
  let changed = Promise.withResolvers<void>();
  broker.subscribe(fleetFilter(kind), ({ topic, payload }) => {
    const gateway = parseTopic(topic)?.gateway ?? "";
    if (gateway.startsWith(ingestorIdPrefix)) return;
    boxes.set(gateway, [...(boxes.get(gateway) ?? []), read(new TextDecoder().decode(payload))]);
    changed.resolve();
    changed = Promise.withResolvers<void>();
  });
  return {
    next: async (gateway) => {
      for (;;) {
        const message = boxes.get(gateway)?.shift();
        if (message !== undefined) return message;
        await changed.promise;
      }
    },
    waiting: (gateway) => boxes.get(gateway)?.length ?? 0,
  };
}
