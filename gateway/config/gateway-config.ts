import { z } from "zod";
import { batchBytesMax, batchReadingsMax } from "../../cloud-sync/contract/delivery.ts";
import { gatewayId } from "../../cloud-sync/contract/reading.ts";
import {
  brokerUrl,
  filePath,
  httpsUrl,
  logLevel,
  loopbackHost,
  port,
  seconds,
  timeZone,
  tlsFileKeys,
} from "./config-values.ts";
import { iotHub } from "./iot-hub-config.ts";
import { kiosk } from "./kiosk-config.ts";
import { profileNames } from "./profiles.ts";
import { radio } from "./radio-config.ts";

/**
 * What `carepost gateway` is told: from a file and from the environment (`load-config.ts`). Each key's description is
 * what an operator reads in errors and in `--print-config`; an option that is not named here does not exist.
 */
export type GatewayConfig = z.infer<typeof gatewayConfig>;

const site = z.strictObject({
  id: gatewayId.describe("The gateway's name: its MQTT client id and its place in the topics, for example gw-0001."),
  timeZone: timeZone.describe("The site's time zone, which device clocks show, for example Europe/London."),
});

const store = z.strictObject({
  path: filePath.describe("The database file of readings, for example /var/lib/carepost/gateway.db."),
  keyFile: filePath
    .nullable()
    .default(null)
    .describe(
      "A file with the database key, readable by its owner alone. Null: the systemd credential carepost-store-key, or no encryption.",
    ),
  quotaMiB: z.int().min(16).max(1_048_576).default(8192).describe("How large the database may grow, in MiB."),
  retentionDays: z
    .int()
    .min(0)
    .max(3650)
    .default(90)
    .describe("How many days a delivered reading stays in the database, for trends."),
  quarantineDays: z
    .int()
    .min(0)
    .max(3650)
    .default(30)
    .describe("How many days frames that are no reading are safe when space runs short."),
  whenFull: z
    .enum(["refuse", "drop-oldest-unsent"])
    .default("refuse")
    .describe(
      "When all that fills the quota is undelivered: refuse, and the devices keep their readings; or drop-oldest-unsent, each with a tombstone.",
    ),
});

const collect = z.strictObject({
  devices: z
    .enum(["assigned", "known", "any"])
    .default("known")
    .describe("Which devices are read: those assigned to a person, also those seen before, or any that a driver fits."),
  sessionMaxS: seconds(5, 3600).default(300).describe("The longest that one connection may last, in seconds."),
  revisitS: seconds(1, 3600)
    .default(10)
    .describe("How soon a device that keeps advertising is read again, in seconds; doubled while it has nothing new."),
  revisitMaxS: seconds(1, 86_400).default(300).describe("The longest that it is then left alone, in seconds."),
  earlyLinksMax: z
    .int()
    .min(0)
    .max(4)
    .default(2)
    .describe("How many devices that wake up while another is read are connected to at once, so that they stay awake."),
  earlyLinkS: seconds(1, 3600)
    .default(300)
    .describe("The longest that such a connection waits for its turn, in seconds."),
  clockToleranceS: seconds(1, 3600)
    .default(120)
    .describe("A device clock that is off by no more than this is taken as it stands, in seconds."),
  freshS: seconds(1, 86_400)
    .default(900)
    .describe("A reading measured no longer ago than this goes before history, in seconds."),
});

const uplinkKeys = z.strictObject({
  dialect: z
    .enum(["native", "azure-iot-hub"])
    .default("native")
    .describe("What the cloud speaks: native, our own topics on any MQTT broker; or azure-iot-hub."),
  url: brokerUrl.describe("The broker's address, for example mqtt://127.0.0.1:1883."),
  protocol: z
    .enum(["auto", "5", "3.1.1"])
    .default("auto")
    .describe("The MQTT version. auto: 5, and 3.1.1 where the broker refuses it."),
  envelope: z
    .enum(["cloudevents", "plain"])
    .default("cloudevents")
    .describe("How messages are wrapped. plain: not at all, for an ingestion end that does not know CloudEvents yet."),
  acknowledge: z
    .enum(["receipt", "puback"])
    .nullable()
    .default(null)
    .describe(
      "What ends the gateway's duty: the ingestor's receipt, or, where there is none, the broker's PUBACK. Null: receipt, and with azure-iot-hub puback.",
    ),
  subscribeQos: z
    .union([z.literal(0), z.literal(1)], { error: "is neither 0 nor 1" })
    .default(1)
    .describe("The QoS at which receipts and commands are heard: 0 at a NATS broker, 1 at any other."),
  windowBatches: z.int().min(1).max(256).default(16).describe("How many batches may be under way."),
  batchReadingsMax: z.int().min(1).max(batchReadingsMax).default(100).describe("The most readings in one batch."),
  batchBytesMax: z.int().min(1024).max(batchBytesMax).default(batchBytesMax).describe("The largest batch, in bytes."),
  backfillSharePercent: z
    .int()
    .min(1)
    .max(90)
    .default(10)
    .describe("The share of the window that history keeps while newer readings wait, in per cent."),
  reconnectMaxS: seconds(1, 3600)
    .default(30)
    .describe("The longest wait before it tries to connect again, in seconds: 30 suits a store, 300 a million homes."),
  startDelayMaxS: seconds(0, 3600)
    .default(0)
    .describe("The longest wait before it first connects, in seconds: a fleet should not arrive together."),
  keepAliveS: z.int().min(5).max(3600).default(30).describe("MQTT keep-alive, in seconds."),
  caFile: tlsFileKeys.caFile.describe(
    "The certificates, in PEM, of the authorities that may sign the broker's. Null: the one that enrolled the gateway, if identity.folder is named and the broker is no IoT Hub; else the authorities of Node.",
  ),
  certFile: tlsFileKeys.certFile.describe(
    "The gateway's own certificate, in PEM, with those between it and the authority. It is read anew for each connection.",
  ),
  keyFile: tlsFileKeys.keyFile,
  iotHub: iotHub.prefault({}),
});

/** A hub takes nothing unencrypted, also on this machine. */
const uplink = uplinkKeys.superRefine(({ dialect, url, caFile, certFile, keyFile }, context) => {
  if (dialect === "azure-iot-hub" && !url.startsWith("mqtts://")) {
    context.addIssue({ code: "custom", path: ["url"], message: "is not mqtts://, which an IoT Hub wants" });
  }
  if ((certFile === null) !== (keyFile === null)) {
    const path = [certFile === null ? "certFile" : "keyFile"];
    context.addIssue({ code: "custom", path, message: "is missing" });
  }
  const said = [caFile, certFile, keyFile].findIndex((file) => file !== null);
  if (said !== -1 && url.startsWith("mqtt:")) {
    const message = "is of no use with mqtt://: the certificate is shown where uplink.url begins with mqtts://";
    context.addIssue({ code: "custom", path: [["caFile", "certFile", "keyFile"][said] ?? "caFile"], message });
  }
});

const identityKeys = z.strictObject({
  folder: filePath
    .nullable()
    .default(null)
    .describe(
      "The folder in which the gateway keeps its key and certificate, which `carepost enroll` fills. Null: it has none of its own.",
    ),
  enrolUrl: httpsUrl
    .nullable()
    .default(null)
    .describe("The enrolment service, where the certificate is renewed, for example https://ca.example:8443."),
});

/** A certificate that nobody renews would end the connection after a month. */
const identity = identityKeys.superRefine(({ folder, enrolUrl }, context) => {
  if (folder !== null && enrolUrl === null) {
    context.addIssue({ code: "custom", path: ["enrolUrl"], message: "is missing" });
  }
});

const clock = z.strictObject({
  assumeSynchronised: z
    .boolean()
    .default(false)
    .describe("Something that Carepost cannot see sets this machine's clock before it starts: true or false."),
});

const metrics = z.strictObject({
  port: port
    .nullable()
    .default(null)
    .describe("The port on which Prometheus finds /metrics on this machine, for example 9465. Null: there is none."),
  host: loopbackHost.default("127.0.0.1").describe("The address that it listens on: loopback."),
});

const log = z.strictObject({
  level: logLevel.default("info").describe("The least severe event that is written: error, warn, info or debug."),
});

const profile = z
  .enum(profileNames)
  .nullable()
  .default(null)
  .describe("What the gateway is for, as a set of defaults: hub, in a home; kiosk, in a store. Null: neither.");

export const gatewayConfig = z.strictObject({
  profile,
  gateway: site,
  radio: radio.prefault({}),
  store,
  collect: collect.prefault({}),
  uplink,
  identity: identity.prefault({}),
  clock: clock.prefault({}),
  metrics: metrics.prefault({}),
  kiosk: kiosk.prefault({}),
  log: log.prefault({}),
});
