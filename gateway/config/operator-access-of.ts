import { readFileSync } from "node:fs";
import type { OperatorOptions } from "../../cloud-sync/ingest/operator/start-operator.ts";
import type { Environment } from "./config-environment.ts";
import { configErrors } from "./config-error.ts";
import { readSecret } from "./database-key.ts";
import type { IngestConfig } from "./ingest-config.ts";

/** Where the operator's page is served, and to whom. */
export type OperatorAccess = Pick<OperatorOptions, "host" | "port" | "names" | "tls" | "passwords" | "metricsToken">;

/**
 * What the section `operator` says, with the secrets that it only names. Null where there is no page. Rejects with
 * `key-unreadable` or `key-exposed`.
 */
export function operatorAccessOf({ operator }: IngestConfig, environment: Environment): OperatorAccess | null {
  const { port, host, names, certFile, keyFile, passwordFile, metricsTokenFile } = operator;
  if (port === null) return null;
  const key = readSecret(keyFile, "carepost-operator-key", environment);
  return {
    host,
    port,
    names: names.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()])),
    tls: certFile === null || key === null ? null : { cert: readCertificate(certFile), key },
    passwords: readSecret(passwordFile, "carepost-operator-passwords", environment),
    metricsToken: readSecret(metricsTokenFile, "carepost-metrics-token", environment),
  };
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw configErrors.make("key-unreadable", `the certificate ${path} cannot be read`, { cause: error });
  }
}
