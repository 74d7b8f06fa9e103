import { batcherLimits, createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import { createIngestor } from "../../../cloud-sync/ingest/ingestor.ts";
import { fleetFilter, gatewayTopics, parseTopic } from "../../../cloud-sync/contract/topics.ts";
import { createMemoryBroker, type MemoryBroker } from "../../../cloud-sync/mqtt/memory-broker.ts";
import { encodeReceipt, type Receipt, receiptIn } from "../../../cloud-sync/contract/delivery.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { playCourse, type CourseOptions, type CourseResult } from "../../../simulators/fleet/course.ts";
import { createFleet, type Fleet, type FleetOptions } from "../../../simulators/fleet/fleet.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { createMemorySink, type MemorySink } from "../../doubles/memory-sink.ts";

/** A fleet, a broker in memory, and the real ingestor over a sink in memory: all in virtual time. */
export interface FleetRig {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly sink: MemorySink;
  readonly fleet: Fleet;
  /** What becomes of a receipt on its way: the number of times that it is sent. */
  readonly faults: { receipts: (receipt: Receipt) => number };
  play(course: Partial<CourseOptions>, signal?: AbortSignal): Promise<CourseResult>;
}

/** So much faster than their gateways people live here. */
export const fleetSpeed = 24;
const fleetStart = Date.UTC(2026, 2, 2, 12);

export function createFleetRig(options: Partial<FleetOptions> = {}): FleetRig {
  const clock = createVirtualClock(fleetStart);
  const broker = createMemoryBroker({ clock, latencyMs: 10 });
  const sink = createMemorySink({ clock });
  const batcher = createBatcher(sink, clock, batcherLimits);
  const { handlers } = createIngestor({ sink, batcher, clock, log: keptLog() });
  const faults: FleetRig["faults"] = { receipts: () => 1 };
  const answer = async (gateway: string, payload: Uint8Array): Promise<void> => {
    const receipt = await handlers.batch(gateway, payload);
    if (receipt === null) return;
    const message = { topic: gatewayTopics(gateway).receipts, payload: encodeReceipt(receipt).payload };
    for (let time = 0; time < faults.receipts(receiptIn(receipt)); time += 1)
      broker.publish({ ...message, qos: 1, retain: false });
  };
  broker.subscribe(fleetFilter("readings"), ({ topic, payload }) => {
    void answer(parseTopic(topic)?.gateway ?? "", payload.slice());
  });
  const gateways = options.gateways ?? 50;
  const fleet = createFleet(
    { clock, connector: () => broker.connector },
    {
      seed: 1,
      url: "mqtt://memory",
      readingsMax: 100_000,
      tuning: { startDelayMaxMs: 1_000 },
      credentials: null,
      ...options,
      gateways,
    },
  );
  return {
    clock,
    broker,
    sink,
    fleet,
    faults,
    play: (course, signal = new AbortController().signal) =>
      clock.runUntil(
        playCourse(
          fleet,
          {
            scenario: "steady",
            gateways,
            seed: 1,
            forMs: 3_600_000,
            speed: fleetSpeed,
            outageMs: 600_000,
            backlog: 8,
            drainMs: 120_000,
            ...course,
          },
          { clock, signal, onPhase: () => undefined, onAllConnected: () => undefined },
        ),
      ),
  };
}
