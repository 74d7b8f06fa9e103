import type { PageSources } from "../../page-sources.ts";
import type { Part } from "../../run-parts.ts";
import { NearDevices, type HeardDevice } from "./near-devices.ts";

/** What is to be followed while it happens, because nobody can be asked for it afterwards. */
export interface GatewayWatch extends Part {
  near(): readonly HeardDevice[];
  /** Since when there is no connection, on the monotonic clock; null while there is one. */
  awaySinceMs(): number | null;
  /** When a receipt last came, since the program started. */
  lastDeliveredAt(): number | null;
}

type Followed = Pick<PageSources, "supervisor" | "events" | "forwarder" | "clock" | "now">;

/** Listens beside the collector: what it hears is taken from nobody. */
export function watchGateway({ supervisor, events, forwarder, clock, now }: Followed): GatewayWatch {
  const near = new NearDevices();
  const startedMs = clock.monotonicMs();
  let lostMs = startedMs;
  let deliveredAt: number | null = null;
  return {
    name: "gateway watch",
    near: () => near.list(clock.monotonicMs()),
    awaySinceMs: () => (forwarder.status().connection === null ? lostMs : null),
    lastDeliveredAt: () => deliveredAt,
    run: async (signal) => {
      const stop = events.listen((event) => {
        if (event.type === "uplink") lostMs = clock.monotonicMs();
        else if (event.type === "delivered") deliveredAt = now();
      });
      try {
        for await (const advertisement of supervisor.radio.advertisements(signal)) {
          near.hear(advertisement, clock.monotonicMs());
        }
      } finally {
        stop();
      }
    },
  };
}
