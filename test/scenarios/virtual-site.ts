import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { createBatcher } from "../../cloud-sync/ingest/batcher.ts";
import { brokerSource } from "../../cloud-sync/ingest/broker-source.ts";
import { createIngestor } from "../../cloud-sync/ingest/ingestor.ts";
import type { Sink } from "../../cloud-sync/ingest/sink.ts";
import { openSqliteSink } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { createMemoryBroker, type MemoryBroker } from "../../cloud-sync/mqtt/memory-broker.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log, LogFields } from "../../device-drivers/ports/log.ts";
import { type CollectOptions, defaultCollectOptions } from "../../gateway/collect/collect-options.ts";
import { defaultSupervisionOptions, type SupervisionOptions } from "../../gateway/collect/supervision-options.ts";
import type { GatewayEvent } from "../../gateway/gateway-event.ts";
import { type GatewayPorts, operateGateway } from "../../gateway/operate-gateway.ts";
import { StoreClock } from "../../gateway/store-clock.ts";
import { openStore, type StoreOptions } from "../../gateway/store/sqlite-store.ts";
import type { Store } from "../../gateway/store/store.ts";
import type { AirFaults } from "../../simulators/air/air-faults.ts";
import { createVirtualAir, type VirtualAir } from "../../simulators/air/virtual-air.ts";
import { createVirtualClock, type VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../simulators/random.ts";
import { plainRadio } from "../doubles/plain-radio.ts";

export interface SiteOptions {
  readonly seed?: number;
  readonly startAt?: number;
  readonly faults?: Partial<AirFaults>;
  /** How far the clock of the ingestion end is ahead of the true time. */
  readonly ingestorAheadByMs?: number;
  /** @default true; a test that starts its own ingestors says false */
  readonly hasIngestor?: boolean;
}

/**
 * A whole world in one process and in virtual time: an air with devices, a broker in memory, an ingestor over a SQLite
 * sink, and as many gateways as a test starts. What is logged is kept, so that a test can see what is not in it.
 */
export interface Site {
  readonly clock: VirtualClock;
  readonly air: VirtualAir;
  readonly broker: MemoryBroker;
  readonly sink: Sink;
  readonly log: readonly string[];
  /** Starts a gateway. It is stopped, and its store closed, when the test ends. */
  gateway(options?: GatewaySetup): Promise<VirtualGateway>;
  /** What the sink holds. */
  delivered(): Promise<readonly Reading[]>;
}

export interface GatewaySetup extends Partial<
  Pick<GatewayPorts, "bootId" | "radios" | "synchronisation" | "connector" | "identity" | "page">
> {
  readonly name?: string;
  readonly collect?: Partial<CollectOptions>;
  readonly supervision?: Partial<SupervisionOptions>;
  readonly timeZone?: string;
  readonly limits?: StoreOptions["limits"];
  readonly assumeSynchronised?: boolean;
  /** The test expects it to fail. */
  readonly fails?: boolean;
  /** A store file that an earlier gateway has left. */
  readonly path?: string;
  /** Prepares the store before the gateway starts. */
  readonly prepare?: (store: Store) => Promise<void>;
  /** Takes the log levels that the gateway sets. */
  readonly logLevels?: string[];
}

export interface VirtualGateway {
  readonly store: Store;
  readonly path: string;
  readonly events: readonly GatewayEvent[];
  /** Resolves when it has ended, with what made it fail; null if nothing did. */
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

export const siteStart = Date.UTC(2026, 10, 23, 8, 0);

export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const { seed = 1, startAt = siteStart, faults = {}, ingestorAheadByMs = 0, hasIngestor = true } = options;
  const clock = createVirtualClock(startAt);
  const air = createVirtualAir({ clock, seed, faults });
  const broker = createMemoryBroker({ clock });
  const folder = mkdtempSync(join(tmpdir(), "site-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ingestClock = aheadBy(clock, ingestorAheadByMs);
  const place = { path: join(folder, "sink.db"), key: null };
  const sink = await openSqliteSink({ ...place, clock: ingestClock, thread: "inline" });
  onTestFinished(() => sink.close());
  const lines: string[] = [];
  const log = keptLog(lines);
  const source = brokerSource(
    { connector: broker.connector, clock, random: seededRandom(seed), log },
    { url: "mqtt://broker", clientId: "ingestor-1", protocol: "5" },
  );
  const batcher = createBatcher(sink, clock);
  if (hasIngestor)
    await clock.runUntil(source.start(createIngestor({ sink, batcher, clock: ingestClock, log }).handlers));
  onTestFinished(() => clock.runUntil(source.stop()));
  return {
    clock,
    air,
    broker,
    sink,
    log: lines,
    gateway: (setup = {}) => startGateway({ clock, air, broker, folder, log, seed }, setup),
    delivered: async () => (await sink.readings({ afterPosition: 0, limit: 10_000 })).map(({ reading }) => reading),
  };
}

/** Another machine's clock, which is wrong. */
const aheadBy = (clock: Clock, aheadMs: number): Clock => ({
  now: () => clock.now() + aheadMs,
  monotonicMs: () => clock.monotonicMs(),
  sleep: (ms, signal) => clock.sleep(ms, signal),
});

interface Surroundings {
  readonly clock: VirtualClock;
  readonly air: VirtualAir;
  readonly broker: MemoryBroker;
  readonly folder: string;
  readonly log: Log;
  readonly seed: number;
}

async function startGateway(around: Surroundings, setup: GatewaySetup): Promise<VirtualGateway> {
  const { clock, air, broker, log, seed } = around;
  const name = setup.name ?? "gw-0001";
  const path = setup.path ?? join(around.folder, `${name}.db`);
  const storeClock = new StoreClock(clock);
  const store = await openStore({ path, key: null, clock: storeClock, thread: "inline", limits: setup.limits ?? {} });
  await setup.prepare?.(store);
  const events: GatewayEvent[] = [];
  const stopping = new AbortController();
  const ended = operateGateway(
    {
      store,
      storeClock,
      radios: setup.radios ?? [plainRadio(air.radio)],
      connector: setup.connector ?? broker.connector,
      ...(setup.identity === undefined ? {} : { identity: setup.identity }),
      ...(setup.page === undefined ? {} : { page: setup.page }),
      clock,
      random: seededRandom(seed),
      log,
      bootId: setup.bootId ?? "boot-1",
      synchronisation: setup.synchronisation ?? ((): null => null),
      onEvent: (event) => events.push(event),
      setLogLevel: (level) => setup.logLevels?.push(level),
    },
    {
      gateway: name,
      version: "test",
      timeZone: setup.timeZone ?? "UTC",
      clock: { assumeSynchronised: setup.assumeSynchronised ?? true },
      collect: { ...defaultCollectOptions, devices: "any", ...setup.collect },
      supervision: { ...defaultSupervisionOptions, ...setup.supervision },
      uplink: { url: "mqtt://broker" },
    },
    stopping.signal,
  );
  const outcome = ended.then(
    () => null,
    (error: unknown) => error,
  );
  let closed: Promise<unknown> | null = null;
  const close = async (): Promise<unknown> => {
    stopping.abort();
    const failure = await clock.runUntil(outcome);
    await store.close();
    return failure;
  };
  const stop = async (): Promise<void> => {
    closed ??= close();
    expect((await closed) !== null).toBe(setup.fails ?? false);
  };
  onTestFinished(stop);
  return { store, path, events, ended: outcome, stop };
}

function keptLog(lines: string[]): Log {
  const keep =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      lines.push(`${level} ${event} ${JSON.stringify(fields)}`);
    };
  return { error: keep("error"), warn: keep("warn"), info: keep("info"), debug: keep("debug") };
}
