import type { MetricSources } from "../../gateway/ops/metrics.ts";

const none = { taken: 0, mended: 0 };

/** What a gateway's metrics ask, answered. */
export function gatewayMetricSources(changes: Partial<MetricSources> = {}): MetricSources {
  return {
    store: {
      counts: async () => ({
        readings: 10,
        waiting: 3,
        held: 2,
        undated: 1,
        deadLetters: 4,
        quarantined: 0,
        tombstones: 0,
        discarded: 0,
        fileBytes: 8192,
        walBytes: 0,
        alarm: "quota",
      }),
      backlog: async () => ({ waiting: 3, oldestUnsentAt: 1_800_000_000_000 }),
    },
    forwarder: {
      status: () => ({
        connection: { protocol: "5", since: 0 },
        lastFailure: null,
        nextAttemptInMs: null,
        underWay: { batches: 0, readings: 0, bytes: 0 },
        toResend: { pieces: 0, readings: 0 },
        counts: {
          delivered: 7,
          rejected: 1,
          receipts: 2,
          strayReceipts: 0,
          invalidReceipts: 0,
          batchesSent: 2,
          readingsResent: 0,
        },
      }),
    },
    supervisor: {
      state: () => ({
        kind: "virtual",
        adapter: "virtual",
        condition: "silent",
        trouble: null,
        silentMs: 0,
        repairs: { "restart-scan": none, "power-cycle": none, "restart-daemon": none, "switch-adapter": none },
        adapters: [],
      }),
    },
    trust: { state: "trusted", likelyNow: () => 1_800_000_060_000 },
    certificateExpiresAt: () => 1_800_000_120_000,
    ...changes,
  };
}
