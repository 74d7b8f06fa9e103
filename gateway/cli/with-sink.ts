import { existsSync } from "node:fs";
import type { Command } from "commander";
import { wholeNumber } from "./arguments.ts";
import { cliErrors } from "./cli-error.ts";
import type { Sink, SinkReader } from "../../cloud-sync/ingest/sink.ts";
import { openPostgresReader, openPostgresSink } from "../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import type { PostgresSinkOptions } from "../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { openSinkReader, openSqliteSink } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import type { ConfigFlag } from "../config/config-environment.ts";
import { readDatabaseKey } from "../config/database-key.ts";
import type { IngestConfig } from "../config/ingest-config.ts";
import { loadIngestConfig } from "../config/load-config.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { postgresAccessOf } from "../config/postgres-access-of.ts";
import { systemClock } from "../system-clock.ts";
import { processLog } from "./process-log.ts";

export interface SinkOptions {
  readonly config?: string;
  readonly sink?: string;
  readonly keyFile?: string;
}

export interface IngestFlags extends SinkOptions {
  readonly role?: string;
  readonly host?: string;
  readonly port?: number;
  readonly broker?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
  readonly crl?: string;
  readonly shareGroup?: string;
  readonly mqtt?: string;
  readonly operator?: number;
}

/** The options by which every command of the ingestion end finds its sink. */
export const addSinkOptions = (command: Command): Command =>
  command
    .optionsGroup("Which sink:")
    .option("-c, --config <file>", "the configuration (default: ./carepost.yaml, /etc/carepost/carepost.yaml)")
    .option("--sink <file>", "the database, in place of ingest.path")
    .option("--key-file <file>", "the database's key, in place of ingest.keyFile");

export const addIngestOptions = (command: Command): Command =>
  addSinkOptions(
    command
      .optionsGroup("What it does:")
      .option("--role <role>", "all, broker or ingestor, in place of ingest.role")
      .option("--host <address>", "where the broker listens, in place of ingest.host")
      .option("--port <number>", "its port, in place of ingest.port; 0 takes any that is free", wholeNumber(0, 65_535))
      .option("--broker <url>", "for the ingestor alone: the broker, in place of ingest.brokerUrl")
      .option("--ca <file>", "the authorities of the other end, in place of ingest.caFile")
      .option("--cert <file>", "the own certificate, in place of ingest.certFile")
      .option("--cert-key <file>", "its key, in place of ingest.certKeyFile")
      .option("--crl <file>", "revocation lists, in place of ingest.crlFile")
      .option("--share-group <name>", "for the ingestor alone: auto, none or a group, in place of ingest.shareGroup")
      .option("--mqtt <url>", "with a NATS broker: its MQTT listeners, in place of ingest.mqttUrl")
      .option("--operator <port>", "serve the operator's page here, in place of operator.port", wholeNumber(0, 65_535)),
  );

/** The configuration of the ingestion end, with what the command line says over it. */
export function ingestConfigOf(flags: IngestFlags): LoadedConfig<IngestConfig> {
  const said: readonly (readonly [string, string, string | number | undefined])[] = [
    ["--sink", "ingest.sink", flags.sink === undefined ? undefined : "sqlite"],
    ["--sink", "ingest.path", flags.sink],
    ["--key-file", "ingest.keyFile", flags.keyFile],
    ["--role", "ingest.role", flags.role],
    ["--host", "ingest.host", flags.host],
    ["--port", "ingest.port", flags.port],
    ["--broker", "ingest.brokerUrl", flags.broker],
    ["--ca", "ingest.caFile", flags.ca],
    ["--cert", "ingest.certFile", flags.cert],
    ["--cert-key", "ingest.certKeyFile", flags.certKey],
    ["--crl", "ingest.crlFile", flags.crl],
    ["--share-group", "ingest.shareGroup", flags.shareGroup],
    ["--mqtt", "ingest.mqttUrl", flags.mqtt],
    ["--operator", "operator.port", flags.operator],
  ];
  return loadIngestConfig({
    path: flags.config ?? null,
    environment: process.env,
    folder: process.cwd(),
    flags: said.flatMap(([flag, key, text]): readonly ConfigFlag[] =>
      text === undefined ? [] : [{ flag, key, text: String(text) }],
    ),
  });
}

export const sinkKeyOf = ({ keyFile }: IngestConfig["ingest"]): Uint8Array | null =>
  readDatabaseKey(keyFile, "carepost-sink-key", process.env);

/** Where the sink is if it is a file; null if it is a PostgreSQL. */
export const sinkPathOf = ({ sink, path }: IngestConfig["ingest"]): string | null => (sink === "sqlite" ? path : null);

/** Lends the sink to look into, also while an ingestor writes it. */
export async function withSinkReader<T>(options: SinkOptions, use: (sink: SinkReader) => Promise<T>): Promise<T> {
  return await lend(await openReader(ingestConfigOf(options).config), use);
}

/** Lends the sink to change it. A file must have no other owner at the time; a PostgreSQL may have any number. */
export async function withSink<T>(options: SinkOptions, use: (sink: Sink) => Promise<T>): Promise<T> {
  const { config } = ingestConfigOf(options);
  const path = sinkPathOf(config.ingest);
  const sink =
    path === null
      ? await openPostgresSink({ ...postgresOf(config), limits: { openWaitMs: 0 } })
      : await openSqliteSink({ ...placeOf(path, config), thread: "inline" });
  return await lend(sink, use);
}

export async function openReader(config: IngestConfig): Promise<SinkReader> {
  const path = sinkPathOf(config.ingest);
  return path === null ? await openPostgresReader(postgresOf(config)) : openSinkReader(placeOf(path, config));
}

const postgresOf = (config: IngestConfig): PostgresSinkOptions => ({
  ...postgresAccessOf(config, process.env),
  clock: systemClock,
  log: processLog(config.log.level),
});

async function lend<Opened extends SinkReader, T>(sink: Opened, use: (sink: Opened) => Promise<T>): Promise<T> {
  try {
    return await use(sink);
  } finally {
    await sink.close();
  }
}

function placeOf(
  path: string,
  { ingest }: IngestConfig,
): { path: string; key: Uint8Array | null; clock: typeof systemClock } {
  if (!existsSync(path)) throw cliErrors.make("sink-absent", `there is no database ${path}`);
  return { path, key: sinkKeyOf(ingest), clock: systemClock };
}
