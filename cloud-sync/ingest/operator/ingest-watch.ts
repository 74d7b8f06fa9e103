import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { IngestObserver } from "../ingest-observer.ts";
import { createFleet, type Fleet, type FleetLimits } from "./fleet.ts";
import { createIngestMetrics, type IngestMetrics } from "./ingest-metrics.ts";
import { createTraffic, type Traffic } from "./traffic.ts";

/** All that the operator's end learns of an ingestor: give its observer to `startIngest`, and itself to the server. */
export interface IngestWatch {
  readonly observer: IngestObserver;
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  readonly metrics: IngestMetrics;
  /** Messages that have come and are not answered yet. */
  underWay(): number;
  /** Did the last commit fail? */
  isCommitFailing(): boolean;
}

export function watchIngest(clock: Clock, limits?: FleetLimits): IngestWatch {
  const fleet = createFleet(clock.now(), limits);
  const traffic = createTraffic();
  const metrics = createIngestMetrics();
  let underWay = 0;
  let isCommitFailing = false;
  const observer: IngestObserver = {
    onState: (gateway, state) => fleet.hearState(gateway, state, clock.now()),
    onArrival() {
      underWay += 1;
    },
    onBatch(gateway, batch) {
      underWay -= 1;
      const at = clock.now();
      fleet.hearBatch(gateway, batch, at);
      traffic.hearBatch(batch, at);
      metrics.observer.onBatch(gateway, batch);
    },
    onCommit(commit) {
      isCommitFailing = !commit.isDone;
      traffic.hearCommit(commit);
      metrics.observer.onCommit(commit);
    },
    onDeadLetters: (letters) => metrics.observer.onDeadLetters(letters),
    onRefusal(reason, gateway) {
      if (gateway !== undefined) fleet.hearRefusal(gateway, clock.now());
      metrics.observer.onRefusal(reason, gateway);
    },
  };
  return {
    observer,
    fleet,
    traffic,
    metrics,
    underWay: () => underWay,
    isCommitFailing: () => isCommitFailing,
  };
}
