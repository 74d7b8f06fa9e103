import { mqttConnector } from "../mqtt/mqttjs-connection.ts";
import { ingestorIdPrefix } from "./broker-access.ts";
import { type BrokerSource, brokerSource } from "./broker-source.ts";
import { required } from "./ingest-error.ts";
import { isNatsUrl } from "./nats/nats-servers.ts";
import { natsSource } from "./nats/nats-source.ts";
import type { IngestOptions } from "./start-ingest.ts";

/** Where an ingestor takes its messages from: what the scheme of the broker's address says. */
export function ingestorSource(options: IngestOptions): BrokerSource {
  const { clock, log, random = Math.random, brokerUrl, mqttUrl = null, tls } = options;
  const url = required(brokerUrl, "a broker");
  const clientId = ingestorIdPrefix + Math.floor(random() * 2 ** 48).toString(16);
  const ports = { connector: mqttConnector(), clock, log, random };
  if (isNatsUrl(url)) return natsSource(ports, { url, mqttUrl, clientId, tls });
  return brokerSource(ports, { url, clientId, protocol: "auto", tls });
}
