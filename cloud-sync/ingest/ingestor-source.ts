import { mqttConnector } from "../mqtt/mqttjs-connection.ts";
import { ingestorIdPrefix } from "./broker-access.ts";
import { type BrokerSource, brokerSource } from "./broker-source.ts";
import { required } from "./ingest-error.ts";
import type { IngestOptions } from "./start-ingest.ts";

/** Where an ingestor takes its messages from: what the scheme of the broker's address says. */
export function ingestorSource({ clock, log, random = Math.random, brokerUrl, tls }: IngestOptions): BrokerSource {
  const url = required(brokerUrl, "a broker");
  const clientId = ingestorIdPrefix + Math.floor(random() * 2 ** 48).toString(16);
  const ports = { connector: mqttConnector(), clock, log, random };
  return brokerSource(ports, { url, clientId, protocol: "auto", tls });
}
