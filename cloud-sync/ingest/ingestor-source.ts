import { mqttConnector } from "../mqtt/mqttjs-connection.ts";
import { ingestorIdPrefix } from "./broker-access.ts";
import { type BrokerSource, brokerSource } from "./broker-source.ts";
import type { ShareWish } from "./fleet-subscription.ts";
import { required } from "./ingest-error.ts";
import type { IngestOptions } from "./start-ingest.ts";

/** Where an ingestor takes its messages from: what the scheme of the broker's address says. */
export function ingestorSource(options: IngestOptions): BrokerSource {
  const { clock, log, random = Math.random, brokerUrl, tls } = options;
  const url = required(brokerUrl, "a broker");
  const clientId = ingestorIdPrefix + Math.floor(random() * 2 ** 48).toString(16);
  const ports = { connector: mqttConnector(), clock, log, random };
  return brokerSource(ports, { url, clientId, protocol: "auto", tls, share: shareOf(options) });
}

/** A sink in a file has one ingestor: a second in its group would have another half of the readings, in another file. */
function shareOf({ shareGroup = "auto", postgres }: IngestOptions): ShareWish | undefined {
  if (shareGroup === "none") return undefined;
  if (shareGroup !== "auto") return { group: shareGroup, required: true };
  return postgres === undefined ? undefined : { group: "carepost", required: false };
}
