import { existsSync, readFileSync } from "node:fs";
import type { SinkReader } from "../../cloud-sync/ingest/sink.ts";
import { openPostgresReader } from "../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { openSinkReader } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { fleetErrors } from "./fleet-error.ts";

export interface CheckedSink {
  /** A database file, or `postgres://user@host:port,host:port/database` on this machine. */
  readonly place: string;
  /** A file's key as 64 hex digits, or a database's password; null where there is none. */
  readonly secretPath: string | null;
}

/** Opens the sink of an ingestor to read only. Rejects with `fleet-sink-unreadable`, or as the sinks do. */
export async function openCheckedSink({ place, secretPath }: CheckedSink, clock: Clock): Promise<SinkReader> {
  const secret = secretPath === null ? null : readSecret(secretPath);
  if (!place.startsWith("postgres://")) {
    if (!existsSync(place)) throw fleetErrors.make("fleet-sink-unreadable", `there is no database ${place}`);
    return openSinkReader({ path: place, key: secret === null ? null : Buffer.from(secret, "hex"), clock });
  }
  const access = postgresAccess(place);
  if (access === null) throw fleetErrors.make("fleet-sink-unreadable", `${place} does not say user, host and database`);
  return await openPostgresReader({ ...access, password: secret, tls: null, clock, log: silent });
}

/** Null if it is not `postgres://user@host:port,host:port/database`. */
export function postgresAccess(text: string): PostgresPlace | null {
  const [, user, hosts, database] = /^postgres:\/\/([^@/:]+)@([^@/]+)\/([^@/?]+)$/.exec(text) ?? [];
  if (user === undefined || hosts === undefined || database === undefined) return null;
  const servers = hosts.split(",").map((name) => {
    const [host = "", port = "5432"] = name.split(":");
    return { host: decodeURIComponent(host), port: Number(port) };
  });
  const valid = servers.every(({ host, port }) => host !== "" && Number.isInteger(port) && port > 0 && port <= 65_535);
  return valid ? { user, database, servers } : null;
}

interface PostgresPlace {
  readonly user: string;
  readonly database: string;
  readonly servers: readonly { readonly host: string; readonly port: number }[];
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw fleetErrors.make("fleet-sink-unreadable", `the secret ${path} cannot be read`, { cause: error });
  }
}

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
