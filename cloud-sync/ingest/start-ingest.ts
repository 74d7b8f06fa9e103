import { randomUUID } from "node:crypto";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { CommandResult, GatewayState } from "../contract/control.ts";
import type { TlsMaterial } from "../mqtt/connection.ts";
import { type Batcher, batcherLimits, createBatcher, sharedBatcherLimits } from "./batcher.ts";
import { type BrokerLimits, brokerLimits } from "./broker-limits.ts";
import { startEmbeddedBroker } from "./embedded-broker.ts";
import { embeddedSource } from "./embedded-source.ts";
import { type DeadLetterDesk, deadLetterDesk, noDeadLetterDesk } from "./dead-letter-desk.ts";
import { createAskDesk, type GatewayAsks, noAsks } from "./gateway-asks.ts";
import { type IngestObserver, observedHandlers, observedSink } from "./ingest-observer.ts";
import { required } from "./ingest-error.ts";
import { ingestorSource } from "./ingestor-source.ts";
import { createIngestor, type Ingestor, type IngestorCounts } from "./ingestor.ts";
import type { ListenAddress } from "./listener.ts";
import type { RosterBook } from "./roster-book.ts";
import { createRosterDesk, type RosterDesk } from "./roster-desk.ts";
import type { Delivery, Sink } from "./sink.ts";
import type { RefusalReason } from "./refusal-reason.ts";
import { openPostgresSink } from "./sinks/postgres/postgres-sink.ts";
import type { PostgresAccess } from "./sinks/postgres/session.ts";
import { openSqliteSink } from "./sinks/sqlite-sink.ts";
import type { Source } from "./source.ts";
import type { BrokerTls } from "./tls-gate.ts";

/**
 * `all`: broker and ingestor in one process, where even the broker's PUBACK means "committed". `broker`: the broker
 * alone, in memory, which acknowledges before anything is stored. `ingestor`: the other half, at any MQTT broker or at NATS.
 */
export type IngestRole = "all" | "broker" | "ingestor";

export interface IngestOptions {
  readonly role: IngestRole;
  /** For `all` and `broker`. */
  readonly listen?: ListenAddress | undefined;
  /** For `all` and `ingestor`: the file of a sink in SQLite, of which one ingestor is the only writer. */
  readonly sinkPath?: string | undefined;
  readonly key?: Uint8Array | null | undefined;
  /** Or a sink in PostgreSQL, which any number of ingestors share. */
  readonly postgres?: PostgresAccess | undefined;
  /** For `ingestor`. */
  readonly brokerUrl?: string | null | undefined;
  /** For `ingestor` at NATS: its MQTT listeners, `mqtt://host:port,host2`; null if they have the usual ports. */
  readonly mqttUrl?: string | null | undefined;
  /**
   * For `ingestor`: with whom it shares the messages of the fleet, so that each is taken by one. `auto`: the group
   * `carepost` if the sink is a PostgreSQL and the broker can do it; `none`; or a group, which the broker then must do.
   */
  readonly shareGroup?: string | undefined;
  /** How the broker proves who it is to gateways, and knows them; or an ingestor alone to its broker. Without it: loopback. */
  readonly tls?: (() => TlsMaterial) | undefined;
  /** Revoked certificates, for `all` and `broker`: see `crl-file.ts`. */
  readonly crlFile?: string | null | undefined;
  readonly limits?: Partial<BrokerLimits> | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random | undefined;
  /** The operator's page and the metrics, where they are wanted. */
  readonly observer?: IngestObserver | undefined;
}

export interface IngestHandle {
  /** Where the broker listens; null in the role `ingestor`. */
  readonly address: BrokerAddress | null;
  counts(): IngestCounts;
  /** The last state of each gateway, as it announced it since the start. */
  states(): ReadonlyMap<string, GatewayState>;
  /** Calls back with readings that were new to the sink, after their commit. Returns what ends it. */
  onCommitted(listener: (deliveries: readonly Delivery[]) => void): () => void;
  /** The sink's dead letters, to look at and to replay while it runs. */
  readonly deadLetters: DeadLetterDesk;
  /** What may be asked of a gateway while it is connected. */
  readonly asks: GatewayAsks;
  /** Where people are at home, for an operator to say; hubs that are connected hear of it at once. */
  readonly homes: Homes;
  /** Resolves, if ever, when the sink has failed for good: then stop, and start again. */
  readonly failed: Promise<CarepostError>;
  /** Takes no more, lets what is under way finish, then closes everything. Idempotent. */
  stop(): Promise<void>;
}

export type Homes = Pick<RosterBook, "setHomes" | "removeHomes">;

export interface BrokerAddress extends ListenAddress {
  readonly url: string;
}

/** Since the start of this process. */
export interface IngestCounts extends IngestorCounts {
  readonly connections: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Messages that were dropped unacknowledged, because too many were under way. */
  readonly shed: number;
  /** Is there a way for messages to come in: a broker of its own, or a connection to one? */
  readonly isSourceUp: boolean;
}

/**
 * Starts the ingestion end. Rejects with `ingest-role-incomplete`, `listen-refused`, `listen-failed`, `broker-unfit`,
 * `broker-certificate-unusable`, `crl-unusable`, with `sqliteErrors` or `postgresErrors` if the sink cannot be opened, and then has nothing left open.
 */
export function startIngest(options: IngestOptions): Promise<IngestHandle> {
  if (options.role === "broker") return startBroker(options);
  return options.role === "all" ? startAll(options) : startIngestor(options);
}

async function startBroker(options: IngestOptions): Promise<IngestHandle> {
  const { clock, log } = options;
  const listen = required(options.listen, "an address to listen on");
  const { tls, close } = await brokerTls(options);
  const broker = await startEmbeddedBroker(listen, limitsOf(options), {
    clock,
    log,
    tls,
    ...refusalsOf(options),
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  log.info("ingest-listening", { ...broker.address, role: "broker" });
  return {
    address: addressOf(broker.address, options),
    counts: () => ({ ...nothingIngested, ...broker.counts(), shed: 0, isSourceUp: true }),
    states: () => new Map(),
    onCommitted: () => () => undefined,
    deadLetters: noDeadLetterDesk,
    asks: noAsks,
    homes: noHomes,
    failed: Promise.withResolvers<CarepostError>().promise,
    stop: async () => {
      close();
      await broker.close();
    },
  };
}

async function startAll(options: IngestOptions): Promise<IngestHandle> {
  const { clock, log } = options;
  const listen = required(options.listen, "an address to listen on");
  const { tls, close } = await brokerTls(options);
  const source = embeddedSource(listen, { clock, log, tls, ...refusalsOf(options) }, limitsOf(options));
  const pipeline = await startPipeline(options, source).catch((error: unknown) => {
    close();
    throw error;
  });
  const address = source.address() ?? listen;
  log.info("ingest-listening", { ...address, role: "all" });
  const handle = handleOf(pipeline);
  return {
    ...handle,
    address: addressOf(address, options),
    counts: () => ({ ...pipeline.ingestor.counts(), ...source.counts(), shed: 0, isSourceUp: true }),
    stop: async () => {
      close();
      await handle.stop();
    },
  };
}

/** Rejects with `crl-unusable`. */
async function brokerTls({ tls: material, crlFile = null, clock, log }: IngestOptions): Promise<OpenedTls> {
  if (material === undefined) return { tls: undefined, close: () => undefined };
  if (crlFile === null) return { tls: { material }, close: () => undefined };
  const { openCrlFile } = await import("./crl-file.ts");
  const revocations = await openCrlFile({ path: crlFile, authorities: () => material().ca }, { clock, log });
  return { tls: { material, revocations }, close: () => revocations.close() };
}

interface OpenedTls {
  readonly tls: BrokerTls | undefined;
  readonly close: () => void;
}

async function startIngestor(options: IngestOptions): Promise<IngestHandle> {
  const source = ingestorSource(options);
  const pipeline = await startPipeline(options, source);
  return {
    ...handleOf(pipeline),
    address: null,
    counts: () => {
      const { connected, shed } = source.status();
      return {
        ...pipeline.ingestor.counts(),
        connections: connected ? 1 : 0,
        refused: {},
        shed,
        isSourceUp: connected,
      };
    },
  };
}

interface Pipeline {
  readonly source: Source;
  readonly batcher: Batcher;
  readonly sink: Sink;
  readonly ingestor: Ingestor;
  readonly deadLetters: DeadLetterDesk;
  readonly asks: GatewayAsks;
  readonly homes: Homes;
  readonly stopRosters: () => Promise<void>;
  readonly failed: Promise<CarepostError>;
}

/** The sink first: nobody is listened to before there is a place for what is said. */
async function startPipeline(options: IngestOptions, source: Source): Promise<Pipeline> {
  const { clock, log, observer } = options;
  const { promise: failed, resolve: onFailure } = Promise.withResolvers<CarepostError>();
  const opened = await openSink(options, onFailure);
  const sink = observer === undefined ? opened : observedSink(opened, observer, clock);
  const batcher = createBatcher(sink, clock, options.postgres === undefined ? batcherLimits : sharedBatcherLimits);
  const { random = Math.random } = options;
  const name = randomUUID();
  const desk = createRosterDesk({ rosters: sink.rosters, source, clock, random, log, name });
  const onState = (gateway: string, state: GatewayState): void => {
    observer?.onState(gateway, state);
    desk.hearState(gateway, state);
  };
  const asks = createAskDesk({ source, clock, log, name });
  const onResult = (gateway: string, result: CommandResult): void => asks.hearResult(gateway, result);
  const ports = { sink, batcher, clock, log, name, onState, onResult, onEvent: () => desk.changed() };
  const ingestor = createIngestor(ports);
  const { handlers } = ingestor;
  try {
    await source.start(observer === undefined ? handlers : observedHandlers(handlers, observer, clock));
  } catch (error) {
    await source.stop();
    await sink.close();
    throw error;
  }
  const deadLetters = deadLetterDesk({ sink, batcher, clock, log });
  const homes = homesOf(sink.rosters, desk);
  return { source, batcher, sink, ingestor, failed, deadLetters, asks, homes, stopRosters: runDesk(desk) };
}

function homesOf(book: RosterBook, desk: RosterDesk): Homes {
  const told = async (changed: Promise<number>): Promise<number> => await changed.finally(() => desk.changed());
  return {
    setHomes: (homes) => told(book.setHomes(homes)),
    removeHomes: (people) => told(book.removeHomes(people)),
  };
}

/** Of a broker that stands alone. */
const noHomes: Homes = {
  setHomes: async () => required<number>(null, "a sink"),
  removeHomes: async () => required<number>(null, "a sink"),
};

/** Returns what ends it, and resolves then. */
function runDesk(desk: RosterDesk): () => Promise<void> {
  const stopping = new AbortController();
  const run = desk.run(stopping.signal);
  return async () => {
    stopping.abort();
    await run;
  };
}

/** A file fails for good; a database that is gone comes back, and until then each commit says that it is not there. */
async function openSink(options: IngestOptions, onFailure: (error: CarepostError) => void): Promise<Sink> {
  const { clock, log, postgres, key = null, random = Math.random } = options;
  if (postgres !== undefined) return await openPostgresSink({ ...postgres, clock, log, random });
  const path = required(options.sinkPath, "a sink");
  return await openSqliteSink({ path, key, clock, thread: "worker", onFailure });
}

function handleOf({
  source,
  batcher,
  sink,
  ingestor,
  deadLetters,
  asks,
  homes,
  stopRosters,
  failed,
}: Pipeline): Omit<IngestHandle, "address" | "counts"> {
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const rostersStopped = stopRosters();
    asks.stop();
    await source.stop();
    await rostersStopped;
    await deadLetters.stop();
    await batcher.drain();
    await sink.close();
  };
  return {
    states: () => ingestor.states(),
    onCommitted: (listener) => ingestor.onCommitted(listener),
    deadLetters,
    asks,
    homes,
    failed,
    stop: () => (stopping ??= stop()),
  };
}

const refusalsOf = ({ observer }: IngestOptions): { readonly onRefusal?: IngestObserver["onRefusal"] } =>
  observer === undefined ? {} : { onRefusal: observer.onRefusal.bind(observer) };

const limitsOf = ({ limits }: IngestOptions): BrokerLimits => ({ ...brokerLimits, ...limits });

const addressOf = ({ host, port }: ListenAddress, { tls }: IngestOptions): BrokerAddress => ({
  host,
  port,
  url: `${tls === undefined ? "mqtt" : "mqtts"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
});

const nothingIngested: IngestorCounts = {
  messages: 0,
  stored: 0,
  duplicates: 0,
  rejected: 0,
  unusable: 0,
  failed: 0,
};
