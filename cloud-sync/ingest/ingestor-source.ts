import { mqttConnector } from "../mqtt/mqttjs-connection.ts";
import { ingestorIdPrefix } from "./broker-access.ts";
import { type BrokerSource, brokerSource } from "./broker-source.ts";
import { certificateName } from "./peer-certificate.ts";
import type { ShareWish } from "./fleet-subscription.ts";
import { ingestErrors, required } from "./ingest-error.ts";
import { isNatsUrl } from "./nats/nats-servers.ts";
import { natsSource } from "./nats/nats-source.ts";
import type { IngestOptions } from "./start-ingest.ts";

/**
 * The common name of the certificate that an ingestor shows, which brokers want as its client id; null without one.
 * Throws `ingestor-certificate-unusable`.
 */
function certifiedName(pem: string | null): string | null {
  if (pem === null) return null;
  const name = certificateName(pem);
  if (name?.startsWith(ingestorIdPrefix) === true) return name;
  throw ingestErrors.make("ingestor-certificate-unusable", "the certificate is not an ingestor's");
}

/** Where an ingestor takes its messages from: what the scheme of the broker's address says. */
export function ingestorSource(options: IngestOptions): BrokerSource {
  const { clock, log, random = Math.random, brokerUrl, mqttUrl = null, tls } = options;
  const url = required(brokerUrl, "a broker");
  const clientId =
    certifiedName(tls?.().cert ?? null) ?? ingestorIdPrefix + Math.floor(random() * 2 ** 48).toString(16);
  const ports = { connector: mqttConnector(), clock, log, random };
  if (isNatsUrl(url)) return natsSource(ports, { url, mqttUrl, clientId, tls });
  return brokerSource(ports, { url, clientId, protocol: "auto", tls, share: shareOf(options) });
}

/** A sink in a file has one ingestor: a second in its group would have another half of the readings, in another file. */
function shareOf({ shareGroup = "auto", postgres }: IngestOptions): ShareWish | undefined {
  if (shareGroup === "none") return undefined;
  if (shareGroup !== "auto") return { group: shareGroup, required: true };
  return postgres === undefined ? undefined : { group: "carepost", required: false };
}
