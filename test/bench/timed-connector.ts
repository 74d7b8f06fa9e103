import { z } from "zod";
import { parseTopic } from "../../cloud-sync/contract/topics.ts";
import type { BrokerConnection, Connector } from "../../cloud-sync/mqtt/connection.ts";
import { messageData } from "../../cloud-sync/contract/message-data.ts";

/** When something became of a reading, by the reading's id, as `performance.now()` counts. */
export interface DeliveryTimes {
  readonly acknowledgedMs: Map<string, number>;
  readonly receiptMs: Map<string, number>;
}

/** A connector that notes when the broker acknowledges each reading, and when its receipt comes, and changes nothing. */
export function timedConnector(connector: Connector, times: DeliveryTimes): Connector {
  return { connect: async (options, signal) => timedConnection(await connector.connect(options, signal), times) };
}

const batch = z.object({ batch: z.string(), readings: z.array(z.object({ id: z.string() })) });
const receipt = z.object({ batch: z.string() });

function timedConnection(inner: BrokerConnection, times: DeliveryTimes): BrokerConnection {
  const idsOf = new Map<string, readonly string[]>();
  return {
    protocol: inner.protocol,
    receiveMaximum: inner.receiveMaximum,
    closed: inner.closed,
    publish: async (message) => {
      const published = inner.publish(message);
      if (parseTopic(message.topic)?.kind !== "readings") return await published;
      const said = batch.parse(messageData("readings", message.payload));
      const ids = said.readings.map(({ id }) => id);
      idsOf.set(said.batch, ids);
      await published;
      note(times.acknowledgedMs, ids);
    },
    subscribe: (filter, qos) => inner.subscribe(filter, qos),
    onMessage: (listener) =>
      inner.onMessage((message) => {
        if (parseTopic(message.topic)?.kind === "receipts") {
          const said = receipt.parse(messageData("receipts", message.payload));
          note(times.receiptMs, idsOf.get(said.batch) ?? []);
          idsOf.delete(said.batch);
        }
        listener(message);
      }),
    close: () => inner.close(),
    destroy: () => inner.destroy(),
  };
}

/** The first time counts: what comes twice came late the second time. */
function note(times: Map<string, number>, ids: readonly string[]): void {
  const nowMs = performance.now();
  for (const id of ids) if (!times.has(id)) times.set(id, nowMs);
}
