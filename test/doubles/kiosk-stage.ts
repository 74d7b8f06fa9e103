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
import { kioskScenario, prepareKioskStore } from "../../gateway/cli/demo/demo-kiosk.ts";
import { saveRoster } from "../../gateway/cli/demo/demo-roster.ts";
import { defaultCollectOptions } from "../../gateway/collect/collect-options.ts";
import { defaultSupervisionOptions } from "../../gateway/collect/supervision-options.ts";
import type { GatewayEvent, GatewayListener } from "../../gateway/gateway-event.ts";
import { pinLine } from "../../gateway/kiosk/http/pin-file.ts";
import type { KioskOptions } from "../../gateway/kiosk/kiosk-options.ts";
import { kioskPart } from "../../gateway/kiosk/kiosk-part.ts";
import type { VisitOptions } from "../../gateway/kiosk/visit/visit-options.ts";
import { operateGateway } from "../../gateway/operate-gateway.ts";
import type { PageSources } from "../../gateway/page-sources.ts";
import { virtualRadio } from "../../gateway/radio/virtual.ts";
import type { Part } from "../../gateway/run-parts.ts";
import { StoreClock } from "../../gateway/store-clock.ts";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { serveAir } from "../../simulators/air/air-server.ts";
import { realClock } from "../../simulators/clock/real-clock.ts";
import type { DeviceEvent } from "../../simulators/peripherals/device-event.ts";
import { seededRandom } from "../../simulators/random.ts";
import { loadScenario } from "../../simulators/scenario/load-scenario.ts";
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
  setAdapter(present: boolean): Promise<void>;
  /** Lets so much time pass for whoever waits for a person, and for nobody else. */
  passTime(durationMs: number): void;
  stop(): Promise<void>;
}

export type KioskDevice = "kiosk-cuff" | "home-cuff" | "home-meter" | "regular-cuff" | "regular-meter";

export interface StageOptions {
  /** Where the stage's clock begins, in milliseconds since 1970; it runs at the world's pace. Now, if left out. */
  readonly startAt?: number;
  readonly visit?: Partial<VisitOptions>;
  /** A regular customer's devices, with three months in their memories, are read at the start. */
  readonly withHistory?: boolean;
}

export async function openKioskStage(options: StageOptions = {}): Promise<KioskStage> {
  const folder = mkdtempSync(join(tmpdir(), "kiosk-stage-"));
  const clock = options.startAt === undefined ? realClock : clockFrom(options.startAt);
  const log = keptLog();
  const stopping = new AbortController();
  const air = await openAir(folder, { clock, signal: stopping.signal });
  const end = await openIngestEnd(folder, { clock, log });
  const patience = { passedMs: 0 };
  const { signal } = stopping;
  const gateway = await openGateway(folder, { clock, log, options, broker: end.broker, signal, air, patience });
  if (options.withHistory === true) await collectHistory(gateway.store, air.world);
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await gateway.ended;
    await air.setAdapter(false);
    await end.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    ...gateway,
    world: air.world,
    deviceEvents: air.events,
    broker: end.broker,
    sink: end.sink,
    clock,
    log,
    let: (device, deed) => air.world.cue({ device, do: deed }, stopping.signal),
    setAdapter: (present) => air.setAdapter(present),
    passTime: (durationMs) => {
      patience.passedMs += durationMs;
    },
    stop: () => (stopped ??= stop()),
  };
}

const clockFrom = (startAt: number): Clock => {
  const beganMs = realClock.monotonicMs();
  return { ...realClock, now: () => Math.round(startAt + realClock.monotonicMs() - beganMs) };
};

interface OpenedAir {
  readonly world: World;
  readonly events: readonly DeviceEvent[];
  setAdapter(present: boolean): Promise<void>;
}

interface AirSetup {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function openAir(folder: string, { clock, signal }: AirSetup): Promise<OpenedAir> {
  const events: DeviceEvent[] = [];
  const { events: _, ...scenario } = loadScenario(kioskScenario);
  const world = createWorld(
    { ...scenario, events: [] },
    { clock, seed: 1, observe: (event) => void events.push(event) },
  );
  const running = world.run(signal);
  let pulled = new AbortController();
  let serving = Promise.resolve();
  // A radio that is a socket is pulled out by closing it: then every link and every hearing ends at once.
  const setAdapter = async (present: boolean): Promise<void> => {
    pulled.abort();
    await serving;
    if (!present) return signal.aborted ? running : undefined;
    pulled = new AbortController();
    const server = await serveAir(world.air, join(folder, "air"), pulled.signal);
    serving = server.ended;
  };
  await setAdapter(true);
  return { world, events, setAdapter };
}

/** The regular customer's devices wake, one after the other, until all that they hold is stored and delivered. */
async function collectHistory(store: Store, world: World): Promise<void> {
  for (const [name, readings] of [
    ["regular-cuff", 80],
    ["regular-meter", 160],
  ] as const) {
    for (let counts = await store.counts(); counts.readings < readings || counts.waiting > 0;) {
      world.device(name).wake();
      await realClock.sleep(200);
      counts = await store.counts();
    }
  }
}

interface IngestEnd {
  readonly broker: MemoryBroker;
  readonly sink: Sink;
  stop(): Promise<void>;
}

async function openIngestEnd(
  folder: string,
  { clock, log }: { readonly clock: Clock; readonly log: KeptLog },
): Promise<IngestEnd> {
  const broker = createMemoryBroker({ clock });
  const sink = await openSqliteSink({ path: join(folder, "sink.db"), key: null, clock, thread: "inline" });
  const source = brokerSource(
    { connector: broker.connector, clock, random: seededRandom(1), log },
    { url: "mqtt://broker", clientId: "ingestor-1", protocol: "5" },
  );
  await source.start(createIngestor({ sink, batcher: createBatcher(sink, clock), clock, log }).handlers);
  const stop = async (): Promise<void> => {
    await source.stop();
    await sink.close();
  };
  return { broker, sink, stop };
}

interface GatewaySetup {
  readonly clock: Clock;
  readonly log: KeptLog;
  readonly options: StageOptions;
  readonly broker: MemoryBroker;
  readonly air: OpenedAir;
  readonly patience: { readonly passedMs: number };
  readonly signal: AbortSignal;
}

type OpenedGateway = Pick<KioskStage, "url" | "staff" | "store" | "gatewayEvents"> & { readonly ended: Promise<void> };

async function openGateway(folder: string, setup: GatewaySetup): Promise<OpenedGateway> {
  const { clock, log, broker, air, signal } = setup;
  const storeClock = new StoreClock(clock);
  const store = await openStore({ path: join(folder, "store.db"), key: null, clock: storeClock, thread: "inline" });
  await saveRoster(store, air.world.roster, clock.now());
  await prepareKioskStore(store, air.world.roster, clock.now());
  const radio = virtualRadio({ socketPath: join(folder, "air") });
  const gatewayEvents: GatewayEvent[] = [];
  const { promise: opened, resolve: hearUrl } = Promise.withResolvers<string>();
  const onEvent: GatewayListener = (event) => {
    gatewayEvents.push(event);
    if (event.type === "pages") hearUrl(event.url);
  };
  const operating = operateGateway(
    {
      store,
      storeClock,
      radios: [radio],
      connector: broker.connector,
      clock,
      log,
      random: seededRandom(1),
      bootId: "boot-1",
      synchronisation: () => null,
      onEvent,
      page: await pagesOf(setup, onEvent),
    },
    {
      gateway: "gw-store",
      version: "0.1.0",
      timeZone: "UTC",
      clock: { assumeSynchronised: true },
      collect: { ...defaultCollectOptions, devices: "known", revisitMs: 1_000, revisitMsMax: 2_000 },
      supervision: defaultSupervisionOptions,
      uplink: { url: "mqtt://broker" },
    },
    signal,
  );
  const ended = (async (): Promise<void> => {
    try {
      await operating;
    } finally {
      await radio.close();
      await store.close();
    }
  })();
  ended.catch(() => undefined);
  const url = await Promise.race([opened, ended.then(() => Promise.reject(new Error("the gateway has ended")))]);
  return { url, staff, store, gatewayEvents, ended };
}

const staff = { name: "staff", pin: "493027" };

/** The pages as `carepost gateway` serves them, on any port that is free. */
async function pagesOf(
  { options, clock, patience }: GatewaySetup,
  onEvent: GatewayListener,
): Promise<(sources: PageSources) => Part> {
  const told: KioskOptions & Partial<VisitOptions> = {
    pages: "kiosk",
    host: "127.0.0.1",
    port: 0,
    names: [],
    tls: null,
    pins: await pinLine(staff.name, staff.pin),
    staffIdleMs: 600_000,
    staffSessionMs: 28_800_000,
    languages: ["en", "es"],
    glucoseUnit: "mg/dL",
    emergencyNumber: "911",
    consentFile: null,
    rangesFile: null,
    idleWarnMs: 60_000,
    idleEndMs: 30_000,
    isDemo: true,
    ...options.visit,
  };
  const bundle = async (): Promise<string> => "a bundle\n";
  const part = await kioskPart(told, { onEvent, answers: () => ({ quotaBytes: null, examine: null, bundle }) });
  const ahead: Clock = { ...clock, monotonicMs: () => clock.monotonicMs() + patience.passedMs };
  return (sources) => part({ ...sources, clock: ahead });
}
