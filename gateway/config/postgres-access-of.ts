import type { PostgresAccess, PostgresTls } from "../../cloud-sync/ingest/sinks/postgres/session.ts";
import type { Environment } from "./config-environment.ts";
import { serversOf } from "./config-values.ts";
import { readSecret } from "./database-key.ts";
import type { IngestConfig } from "./ingest-config.ts";
import { readCertificates } from "./tls-of.ts";

/**
 * How the PostgreSQL sink logs in, with the secrets that the configuration only names. Rejects with `key-unreadable`,
 * `key-exposed` or `certificate-unreadable`.
 */
export function postgresAccessOf({ postgres }: IngestConfig, environment: Environment): PostgresAccess {
  return {
    servers: serversOf(postgres.hosts) ?? [],
    database: postgres.database,
    user: postgres.user,
    password: readSecret(postgres.passwordFile, "carepost-postgres-password", environment),
    tls: postgres.tls === "off" ? null : tlsOf(postgres),
  };
}

function tlsOf({ caFile, certFile, keyFile }: IngestConfig["postgres"]): PostgresTls {
  return {
    ca: caFile === null ? null : readCertificates(caFile),
    cert: certFile === null ? null : readCertificates(certFile),
    key: keyFile === null ? null : readSecret(keyFile, "carepost-postgres-key", {}),
  };
}
