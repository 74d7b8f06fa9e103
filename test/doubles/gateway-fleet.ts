import type { Connector } from "../../cloud-sync/mqtt/connection.ts";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { createForwarder, type Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ForwarderOptions } from "../../cloud-sync/uplink/forwarder-options.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { seededRandom } from "../../simulators/random.ts";
import { glucose, readingId } from "../cloud-sync/ingest/sample-readings.ts";
import { keptLog } from "./kept-log.ts";
import { createMemoryOutbox, type MemoryOutbox } from "./memory-outbox.ts";

/** Several gateways over real sockets: each the forwarder of the product, over an outbox in memory. */
export interface GatewayFleet {
  readonly gateways: readonly FleetGateway[];
  /** Measures so many readings, spread over the gateways. */
  measure(count: number): void;
  /** The ids of all readings that were measured. */
  measured(): readonly string[];
  /** How many readings no receipt has named yet. */
  waiting(): number;
  stop(): Promise<void>;
}

export interface FleetGateway {
  readonly id: string;
  readonly outbox: MemoryOutbox;
  readonly forwarder: Forwarder;
}

export interface GatewayFleetOptions {
  readonly size: number;
  /** The broker of each, by its number. */
  readonly url: (index: number) => string;
  readonly connector?: Connector;
  readonly forwarder?: Partial<ForwarderOptions>;
}

export function startGatewayFleet(options: GatewayFleetOptions): GatewayFleet {
  const stopping = new AbortController();
  const gateways = Array.from({ length: options.size }, (_, index) => newGateway(options, index));
  const running = gateways.map(({ forwarder }) => forwarder.run(stopping.signal));
  let last = 0;
  return {
    gateways,
    measure: (count) => {
      for (let end = last + count; last < end; last += 1) {
        gateways[last % gateways.length]?.outbox.add("fresh", JSON.stringify(glucose(last)));
      }
    },
    measured: () => Array.from({ length: last }, (_, number) => readingId(number)),
    waiting: () =>
      gateways.reduce((sum, { outbox }) => sum + outbox.added() - outbox.delivered.size - outbox.rejected.size, 0),
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

function newGateway({ url, connector, forwarder }: GatewayFleetOptions, index: number): FleetGateway {
  const outbox = createMemoryOutbox();
  const id = `gw-${index}`;
  const ports = {
    outbox,
    connector: connector ?? mqttConnector(),
    clock: systemClock,
    random: seededRandom(index),
    log: keptLog(),
    commands: { syncNow: nothing, setConfig: nothing, forgetDevice: nothing, followRoster: nothing },
    describe: () => ({ held: 0, clock: "trusted", alarm: null }) as const,
  };
  const boot = { gateway: id, url: url(index), version: "test", bootId: `boot-${index}` };
  return { id, outbox, forwarder: createForwarder(ports, { ...boot, ...forwarder }) };
}

const nothing = async (): Promise<void> => undefined;
