import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBatcher } from "../../cloud-sync/ingest/batcher.ts";
import { brokerSource } from "../../cloud-sync/ingest/broker-source.ts";
import { createIngestor } from "../../cloud-sync/ingest/ingestor.ts";
import type { Sink } from "../../cloud-sync/ingest/sink.ts";
import { openSqliteSink } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { createMemoryBroker, type MemoryBroker } from "../../cloud-sync/mqtt/memory-broker.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { prepareKioskStore } from "../../gateway/cli/demo/demo-kiosk.ts";
import { saveRoster } from "../../gateway/cli/demo/demo-roster.ts";
import { defaultCollectOptions } from "../../gateway/collect/collect-options.ts";
import { defaultSupervisionOptions } from "../../gateway/collect/supervision-options.ts";
import type { GatewayEvent } from "../../gateway/gateway-event.ts";
import { operateGateway } from "../../gateway/operate-gateway.ts";
import { virtualRadio } from "../../gateway/radio/virtual.ts";
import { StoreClock } from "../../gateway/store-clock.ts";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { serveAir } from "../../simulators/air/air-server.ts";
import { realClock } from "../../simulators/clock/real-clock.ts";
import type { DeviceEvent } from "../../simulators/peripherals/device-event.ts";
import { seededRandom } from "../../simulators/random.ts";
import { loadScenario, parseScenario } from "../../simulators/scenario/load-scenario.ts";
import type { Deed } from "../../simulators/scenario/scenario.ts";
import { createWorld, type World } from "../../simulators/scenario/world.ts";
import { keptLog, type KeptLog } from "./kept-log.ts";

/**
 * A kiosk in this process, in real time: the devices of the scenario `kiosk` over the virtual air, a gateway that serves
 * its pages on a free loopback port, a broker in memory and an ingestor. Nobody measures but by `let`.
 */
export interface KioskStage {
  readonly url: string;
  readonly staff: { readonly name: string; readonly pin: string };
  readonly clock: Clock;
  readonly world: World;
  readonly broker: MemoryBroker;
  readonly store: Store;
  readonly sink: Sink;
  readonly log: KeptLog;
  readonly gatewayEvents: readonly GatewayEvent[];
  readonly deviceEvents: readonly DeviceEvent[];
  /** Lets something happen to a device at once. */
  let(device: KioskDevice, deed: Deed): Promise<void>;
  /** Takes the Bluetooth adapter away, or gives it back. */
  setAdapter(present: boolean): void;
  stop(): Promise<void>;
}

export type KioskDevice = "kiosk-cuff" | "home-cuff" | "home-meter" | "regular-cuff" | "regular-meter";
