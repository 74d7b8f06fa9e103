import { z } from "zod";
import { brokerUrl, filePath, logLevel, loopbackHost, port } from "./config-values.ts";

/** What `carepost ingest` is told. It may stand in the same file as the gateway's: each reads its own sections. */
export type IngestConfig = z.infer<typeof ingestConfig>;

const ingest = z.strictObject({
  role: z
    .enum(["all", "broker", "ingestor"])
    .default("all")
    .describe("all: broker and ingestor in one process; or one of the two alone."),
  host: loopbackHost.default("127.0.0.1").describe("The address that the broker listens on: loopback."),
  port: port.default(1883).describe("The port that the broker listens on; 0 takes any that is free."),
  brokerUrl: brokerUrl
    .nullable()
    .default(null)
    .describe("For the role ingestor: the broker whose readings it takes, for example mqtt://127.0.0.1:1883."),
  path: filePath.describe("The database file of the sink, for example /var/lib/carepost/sink.db."),
  keyFile: filePath
    .nullable()
    .default(null)
    .describe(
      "A file with the sink's database key, readable by its owner alone. Null: the systemd credential carepost-sink-key, or no encryption.",
    ),
  connectionsMax: z.int().min(1).max(65_535).default(2000).describe("How many gateways may be connected at once."),
  pendingConnectionsMax: z
    .int()
    .min(1)
    .max(65_535)
    .default(128)
    .describe("How many may be connected that have not said who they are."),
  connectTimeoutS: z.int().min(1).max(120).default(10).describe("How long they may take to say it, in seconds."),
});

const log = z.strictObject({
  level: logLevel.default("info").describe("The least severe event that is written: error, warn, info or debug."),
});

export const ingestConfig = z.strictObject({ ingest, log: log.prefault({}) });
