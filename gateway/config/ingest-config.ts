import { z } from "zod";
import {
  areLocal,
  filePath,
  ingestBrokerUrl,
  isLoopback,
  logLevel,
  mqttListenersUrl,
  port,
  postgresHosts,
  shareGroup,
  tlsFileKeys,
} from "./config-values.ts";

/** What `carepost ingest` is told. It may stand in the same file as the gateway's: each reads its own sections. */
export type IngestConfig = z.infer<typeof ingestConfig>;

const ingestKeys = z.strictObject({
  role: z
    .enum(["all", "broker", "ingestor"])
    .default("all")
    .describe("all: broker and ingestor in one process; or one of the two alone."),
  host: z
    .string()
    .min(1)
    .max(253)
    .default("127.0.0.1")
    .describe("The address that the broker listens on: loopback, or with certificates any, as 0.0.0.0."),
  port: port.default(1883).describe("The port that the broker listens on; 0 takes any that is free."),
  brokerUrl: ingestBrokerUrl
    .nullable()
    .default(null)
    .describe(
      "For the role ingestor: the broker whose readings it takes, mqtts://broker.example, or a NATS cluster, tls://n1.example:4222,n2.example.",
    ),
  mqttUrl: mqttListenersUrl
    .nullable()
    .default(null)
    .describe(
      "With NATS: its MQTT listeners, mqtts://n1.example:8883,n2.example. Null: the hosts of brokerUrl at 8883, or 1883 in plain.",
    ),
  caFile: tlsFileKeys.caFile.describe(
    "The certificates, in PEM, of the authorities of the gateways; for an ingestor alone, of those of its broker.",
  ),
  certFile: tlsFileKeys.certFile.describe(
    "The broker's own certificate, in PEM, or that of an ingestor alone, whose name begins with ingestor-. Renewed files are used at once.",
  ),
  certKeyFile: tlsFileKeys.keyFile,
  crlFile: filePath
    .nullable()
    .default(null)
    .describe(
      "Revocation lists, in PEM, one of each authority: whose certificate is in one is cut off within a second. Null: none.",
    ),
  shareGroup: shareGroup
    .default("auto")
    .describe(
      "For the role ingestor: the group of ingestors over one database that share the readings. auto: carepost in PostgreSQL, if the broker can; none: each takes all.",
    ),
  sink: z
    .enum(["sqlite", "postgres"])
    .default("sqlite")
    .describe("Where readings end: a file, for one ingestor, or the database of the section postgres, for many."),
  path: filePath
    .nullable()
    .default(null)
    .describe("The database file of the sink, for example /var/lib/carepost/sink.db."),
  keyFile: filePath
    .nullable()
    .default(null)
    .describe(
      "A file with the sink's database key, readable by its owner alone. Null: the systemd credential carepost-sink-key, or no encryption.",
    ),
  controlSocket: filePath
    .nullable()
    .default(null)
    .describe(
      "The socket at which commands of this machine reach the ingestor while it runs; its own user alone may. Null: beside a sink that is a file, as sink.db.sock; with PostgreSQL none.",
    ),
  connectionsMax: z.int().min(1).max(65_535).default(2000).describe("How many gateways may be connected at once."),
  pendingConnectionsMax: z
    .int()
    .min(1)
    .max(65_535)
    .default(128)
    .describe("How many may be connected that have not said who they are."),
  handshakesPerSMax: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe("How many TLS handshakes are begun in a second; one costs some 2 ms of a core. Others come again."),
  connectTimeoutS: z.int().min(1).max(120).default(10).describe("How long they may take to say it, in seconds."),
});

/** A file is wanted where the sink is one; and whoever is reached from elsewhere must know who calls. */
const ingest = ingestKeys.superRefine((keys, context) => {
  const { sink, path, role, host, crlFile } = keys;
  const say = (key: keyof typeof keys, message: string): void =>
    context.addIssue({ code: "custom", path: [key], message });
  if (sink === "sqlite" && path === null) say("path", "is missing");
  const files = role === "ingestor" ? (["certFile", "certKeyFile"] as const) : tlsFiles;
  const absent = files.filter((key) => keys[key] === null);
  const said = tlsFiles.some((key) => keys[key] !== null) || crlFile !== null;
  if (said && (role !== "ingestor" || absent.length < files.length)) for (const key of absent) say(key, "is missing");
  if (role !== "ingestor" && !isLoopback(host) && !said) say("host", needsCertificates);
});

const tlsFiles = ["caFile", "certFile", "certKeyFile"] as const;

const needsCertificates =
  "is not a loopback address: set caFile, certFile and certKeyFile, so that callers prove who they are, or listen on 127.0.0.1";

const postgresKeys = z.strictObject({
  hosts: postgresHosts
    .default("/var/run/postgresql")
    .describe("The servers, as db1.example:5432,db2.example:5432; whichever is the primary is used."),
  database: z.string().min(1).max(63).default("carepost").describe("The database on them."),
  user: z.string().min(1).max(63).default("carepost").describe("The user to log in as."),
  passwordFile: filePath
    .nullable()
    .default(null)
    .describe(
      "A file with the password, readable by its owner alone. Null: the systemd credential carepost-postgres-password, or none.",
    ),
  tls: z
    .enum(["verify", "off"])
    .default("verify")
    .describe("verify: encrypted, the server's certificate and name verified; off: in plain, on this machine only."),
  caFile: filePath
    .nullable()
    .default(null)
    .describe("The certificate of the authority of the servers' certificates. Null: the authorities of Node."),
  certFile: filePath.nullable().default(null).describe("A certificate to log in with, where the servers want one."),
  keyFile: filePath.nullable().default(null).describe("Its key, readable by its owner alone."),
});

const postgres = postgresKeys.superRefine(({ hosts, tls, certFile, keyFile }, context) => {
  if (tls === "off" && !areLocal(hosts)) {
    const message = "sends readings over the network unencrypted: use verify";
    context.addIssue({ code: "custom", path: ["tls"], message });
  }
  if ((certFile === null) !== (keyFile === null)) {
    const path = [certFile === null ? "certFile" : "keyFile"];
    context.addIssue({ code: "custom", path, message: "is missing" });
  }
});

const operatorKeys = z.strictObject({
  port: port
    .nullable()
    .default(null)
    .describe("The port of the operator's page and of the metrics, for example 9464. Null: there is no page."),
  host: z
    .union([z.ipv4(), z.ipv6()])
    .default("127.0.0.1")
    .describe("The address that the page listens on. Beyond loopback it needs a certificate and a password file."),
  names: z
    .string()
    .regex(/^(?:[A-Za-z0-9.-]+(?:, ?[A-Za-z0-9.-]+)*)?$/, "is not a list of host names, parted by commas")
    .default("")
    .describe("Names by which the page is reached beside its address, parted by commas: fleet.example.org."),
  certFile: filePath.nullable().default(null).describe("The certificate of the page, with its chain, in PEM."),
  keyFile: filePath.nullable().default(null).describe("Its key, readable by its owner alone."),
  passwordFile: filePath
    .nullable()
    .default(null)
    .describe("Who may log in: a file that `carepost ingest operator-password` writes. Null: nobody has to."),
  metricsTokenFile: filePath
    .nullable()
    .default(null)
    .describe("A file with the token that Prometheus brings. Null: no token on loopback, and no metrics elsewhere."),
});

const operator = operatorKeys.superRefine((keys, context) => {
  const { port: isOn, host, certFile, keyFile } = keys;
  const isRemote = isOn !== null && !isLoopback(host);
  const needed = {
    certFile: keyFile !== null || isRemote,
    keyFile: certFile !== null,
    passwordFile: isRemote,
  };
  for (const name of ["certFile", "keyFile", "passwordFile"] as const) {
    if (needed[name] && keys[name] === null) context.addIssue({ code: "custom", path: [name], message: "is missing" });
  }
});

const log = z.strictObject({
  level: logLevel.default("info").describe("The least severe event that is written: error, warn, info or debug."),
});

export const ingestConfig = z.strictObject({
  ingest,
  postgres: postgres.prefault({}),
  operator: operator.prefault({}),
  log: log.prefault({}),
});
