import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { createBatcher } from "../../../cloud-sync/ingest/batcher.ts";
import { brokerSource } from "../../../cloud-sync/ingest/broker-source.ts";
import { createIngestor } from "../../../cloud-sync/ingest/ingestor.ts";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import type { Sink } from "../../../cloud-sync/ingest/sink.ts";
import { createMemoryBroker, type MemoryBroker } from "../../../cloud-sync/mqtt/memory-broker.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import {
  BloodPressureCuff,
  type BloodPressureCuffOptions,
  plainCuff,
} from "../../../simulators/peripherals/blood-pressure-cuff.ts";
import type { DeviceEvent } from "../../../simulators/peripherals/device-event.ts";
import {
  GlucoseMeter,
  type GlucoseMeterOptions,
  plainGlucoseMeter,
} from "../../../simulators/peripherals/glucose-meter.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { type Books, compareBooks } from "../kill/books.ts";
import { readBooks } from "../kill/read-books.ts";
import { identityOf } from "../site-devices.ts";
import { type GatewaySettings, RadioGateway } from "./radio-gateway.ts";
import type { RadioStage } from "./radio-stage.ts";

/**
 * The whole path in real time, from devices over a stage's radio to rows in a sink: a broker in memory, an ingestor over
 * a SQLite sink, and the gateway over its own store. Every device writes into one journal, which the books are kept by.
 */
export interface RadioSite {
  readonly stage: RadioStage;
  readonly air: VirtualAir;
  readonly clock: Clock;
  readonly log: KeptLog;
  meter(options?: Partial<GlucoseMeterOptions>, address?: string): GlucoseMeter;
  cuff(options?: Partial<BloodPressureCuffOptions>, address?: string): BloodPressureCuff;
  /** Starts the gateway over the store that it had before. It is stopped when the test ends. */
  gateway(settings?: GatewaySettings): Promise<RadioGateway>;
  /** Shown, stored and delivered, compared now. */
  books(): Promise<Books>;
  /** Waits until so many readings are shown, and all of them delivered; then nothing may be wrong. */
  balances(shown: number): Promise<void>;
}

/** Devices that stay awake: falling asleep is a subject of its own. */
const awake = { afterUseMs: 600_000, periodic: null };

export async function openRadioSite(stage: RadioStage): Promise<RadioSite> {
  const clock = realClock;
  const folder = mkdtempSync(join(tmpdir(), "radio-site-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const journalPath = join(folder, "journal");
  writeFileSync(journalPath, "");
  const observe = (event: DeviceEvent): void => appendFileSync(journalPath, `${JSON.stringify(event)}\n`);
  const log = keptLog();
  const broker = createMemoryBroker({ clock });
  const sink = await openSqliteSink({ path: join(folder, "sink.db"), key: null, clock, thread: "inline" });
  onTestFinished(() => sink.close());
  await startIngestor({ broker, sink, clock, log });
  let gateway: RadioGateway | null = null;
  const books = async (): Promise<Books> => {
    if (gateway === null) throw new RangeError("there are no books before there is a gateway");
    const { store, acknowledged } = gateway;
    return compareBooks({ ...(await readBooks({ journalPath, store, sink })), acknowledged });
  };
  return {
    stage,
    air: stage.air,
    clock,
    log,
    meter: (options = {}, address = "C0:00:00:00:00:01") => {
      const identity = identityOf(address, "Meter");
      const given = { ...plainGlucoseMeter, wakefulness: awake, ...options };
      return placed(
        stage.air,
        new GlucoseMeter({ clock, observe }, { ...given, identity: options.identity ?? identity }),
      );
    },
    cuff: (options = {}, address = "C0:00:00:00:00:02") => {
      const identity = identityOf(address, "Cuff");
      const given = { ...plainCuff, wakefulness: awake, ...options };
      return placed(
        stage.air,
        new BloodPressureCuff({ clock, observe }, { ...given, identity: options.identity ?? identity }),
      );
    },
    gateway: async (settings = {}) => {
      const ports = { radio: stage.radio, broker, clock, log, folder };
      gateway = await RadioGateway.start(ports, settings);
      return gateway;
    },
    books,
    balances: async (shown) => await balance(books, shown),
  };
}

function placed<Device extends GlucoseMeter | BloodPressureCuff>(air: VirtualAir, device: Device): Device {
  air.add(device);
  // On every stage the device begins as a stranger; on some it would have been one anyway.
  air.command({ type: "forget-bond", address: device.address });
  device.wake();
  return device;
}

interface IngestorParts {
  readonly broker: MemoryBroker;
  readonly sink: Sink;
  readonly clock: Clock;
  readonly log: KeptLog;
}

async function startIngestor({ broker, sink, clock, log }: IngestorParts): Promise<void> {
  const source = brokerSource(
    { connector: broker.connector, clock, random: seededRandom(1), log },
    { url: "mqtt://broker", clientId: "ingestor-1", protocol: "5" },
  );
  const batcher = createBatcher(sink, clock);
  await source.start(createIngestor({ sink, batcher, clock, log }).handlers);
  onTestFinished(() => source.stop());
}

const balanceMsMax = 90_000;

async function balance(books: () => Promise<Books>, shown: number): Promise<void> {
  await until(async () => {
    const now = await books();
    return now.shown >= shown && now.lost.length === 0;
  }, balanceMsMax).catch(() => undefined);
  const { taken: _, uncollected, ...rest } = await books();
  expect({ ...rest, uncollected: uncollected.length }).toMatchObject({
    shown,
    lost: [],
    doubled: [],
    misattributed: [],
    invented: [],
    forgotten: [],
    letGo: [],
    contextsLost: [],
  });
}

const lookEveryMs = 25;

/** Resolves when the condition holds; rejects when it does not in time. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 90_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`it did not come about in ${limitMs} ms: ${condition.toString()}`);
    await setTimeout(lookEveryMs);
  }
}
