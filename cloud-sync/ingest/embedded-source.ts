import { encodeReceipt } from "../contract/delivery.ts";
import { brokerLimits, type BrokerLimits } from "./broker-limits.ts";
import {
  type BrokerCounts,
  type BrokerPorts,
  type EmbeddedBroker,
  type Publication,
  startEmbeddedBroker,
} from "./embedded-broker.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { ListenAddress } from "./listener.ts";
import type { Source, SourceHandlers } from "./source.ts";

/** A source that is a broker of its own: its PUBACK means "committed", because the commit comes before it. */
export interface EmbeddedSource extends Source {
  /** Where it listens; null before `start`. */
  address(): ListenAddress | null;
  counts(): BrokerCounts;
}

export const embeddedSource = (
  listen: ListenAddress,
  ports: Pick<BrokerPorts, "clock" | "log" | "onRefusal" | "tls">,
  limits: BrokerLimits = brokerLimits,
): EmbeddedSource => {
  const underWay = new Set<Promise<void>>();
  let broker: EmbeddedBroker | null = null;
  let stopping = false;

  const takeWith =
    (handlers: SourceHandlers) =>
    async (publication: Publication): Promise<void> => {
      if (stopping) throw ingestErrors.make("ingest-stopped", "the ingestor is stopping");
      const work = handle(handlers, publication);
      underWay.add(work);
      try {
        await work;
      } finally {
        underWay.delete(work);
      }
    };

  const handle = async (handlers: SourceHandlers, { gateway, kind, payload }: Publication): Promise<void> => {
    if (kind === "readings" || kind === "events") {
      const receipt = await (kind === "readings" ? handlers.batch(gateway, payload) : handlers.event(gateway, payload));
      // It leaves after the PUBACK, which is written as soon as this resolves.
      if (receipt !== null) broker?.deliver(gateway, "receipts", encodeReceipt(receipt).payload);
    } else if (kind === "state") {
      handlers.state(gateway, payload);
    } else if (kind === "results") {
      handlers.result(gateway, payload);
    }
  };

  return {
    async start(handlers) {
      broker = await startEmbeddedBroker(listen, limits, { ...ports, take: takeWith(handlers) });
    },
    async stop() {
      stopping = true;
      await Promise.allSettled(underWay);
      await broker?.close();
    },
    command: async (gateway, { payload }) => broker?.deliver(gateway, "commands", payload) ?? false,
    address: () => broker?.address ?? null,
    counts: () => broker?.counts() ?? { connections: 0, refused: {} },
  };
};
