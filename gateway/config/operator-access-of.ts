import type { OperatorOptions } from "../../cloud-sync/ingest/operator/start-operator.ts";
import type { Environment } from "./config-environment.ts";
import { readSecret } from "./database-key.ts";
import type { IngestConfig } from "./ingest-config.ts";
import { pagePairOf, pageTlsOf } from "./page-pair-of.ts";

/** Where the operator's page is served, and to whom. */
export type OperatorAccess = Pick<OperatorOptions, "host" | "port" | "names" | "tls" | "passwords" | "metricsToken">;

/**
 * What the section `operator` says, with the secrets that it only names. Null where there is no page. Rejects with
 * `key-unreadable`, `key-exposed` or `certificate-unreadable`.
 */
export function operatorAccessOf({ operator }: IngestConfig, environment: Environment): OperatorAccess | null {
  const { port, host, names, certFile, keyFile, passwordFile, metricsTokenFile } = operator;
  if (port === null) return null;
  const tls = pageTlsOf(pagePairOf({ certFile, keyFile, credential: "carepost-operator-key" }, environment));
  return {
    host,
    port,
    names: names.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()])),
    tls,
    passwords: readSecret(passwordFile, "carepost-operator-passwords", environment),
    metricsToken: readSecret(metricsTokenFile, "carepost-metrics-token", environment),
  };
}
