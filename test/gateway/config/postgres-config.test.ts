import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configErrors, InvalidConfig } from "../../../gateway/config/config-error.ts";
import type { ConfigProblem } from "../../../gateway/config/config-error.ts";
import type { IngestConfig } from "../../../gateway/config/ingest-config.ts";
import { loadIngestConfig } from "../../../gateway/config/load-config.ts";
import { postgresAccessOf } from "../../../gateway/config/postgres-access-of.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-pg-config-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const load = (text: string): IngestConfig => {
  const path = join(folder, "carepost.yaml");
  writeFileSync(path, text);
  return loadIngestConfig({ path, environment: {}, folder, flags: [] }).config;
};

function problemsOf(text: string): readonly ConfigProblem[] {
  try {
    load(text);
    return [];
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems;
    throw error;
  }
}

test("without a word the sink is a file, which must be named; in PostgreSQL it needs none", () => {
  expect(problemsOf("ingest: {}")).toMatchObject([{ key: "ingest.path", problem: "is missing" }]);
  const { ingest, postgres } = load("ingest: { sink: postgres }");
  expect(ingest.path).toBeNull();
  expect(postgres).toMatchObject({ hosts: "/var/run/postgresql", database: "carepost", tls: "verify" });
});

test("servers are named by host, address or socket, each with its port", () => {
  const config = load('ingest: { sink: postgres }\npostgres: { hosts: "db1.example:6432, db2, [::1]:7000,/run/pg" }');
  expect(postgresAccessOf(config, {}).servers).toEqual([
    { host: "db1.example", port: 6432 },
    { host: "db2", port: 5432 },
    { host: "::1", port: 7000 },
    { host: "/run/pg", port: 5432 },
  ]);
  for (const hosts of ["", "db1,,db2", "db1:0", "db1:70000", "postgres://db1/x", "user@db1"]) {
    expect(problemsOf(`ingest: { sink: postgres }\npostgres: { hosts: "${hosts}" }`)[0]?.key).toBe("postgres.hosts");
  }
});

test("readings leave this machine encrypted or not at all", () => {
  expect(problemsOf("ingest: { sink: postgres }\npostgres: { hosts: db1, tls: off }")).toMatchObject([
    { key: "postgres.tls", problem: expect.stringContaining("unencrypted") },
  ]);
  const local = load('ingest: { sink: postgres }\npostgres: { hosts: "127.0.0.1,/run/pg", tls: off }');
  expect(postgresAccessOf(local, {}).tls).toBeNull();
});

test("a certificate without its key is refused", () => {
  expect(problemsOf("ingest: { sink: postgres }\npostgres: { certFile: a.crt }")).toMatchObject([
    { key: "postgres.keyFile", problem: "is missing" },
  ]);
});

test("the password comes from its owner's file or from systemd, and from nowhere else", () => {
  const file = join(folder, "password");
  writeFileSync(file, "pässword \n", { mode: 0o600 });
  const config = load("ingest: { sink: postgres }\npostgres: { passwordFile: password }");
  expect(postgresAccessOf(config, {}).password).toBe("pässword ");
  chmodSync(file, 0o640);
  expect(() => postgresAccessOf(config, {})).toThrow(
    expect.toSatisfy((error) => configErrors.is(error, "key-exposed")),
  );
  writeFileSync(join(folder, "carepost-postgres-password"), "other");
  const without = load("ingest: { sink: postgres }");
  expect(postgresAccessOf(without, { CREDENTIALS_DIRECTORY: folder }).password).toBe("other");
  expect(postgresAccessOf(without, {}).password).toBeNull();
});

test("certificates are read from their files", () => {
  for (const name of ["ca.crt", "own.crt", "own.key"]) writeFileSync(join(folder, name), name, { mode: 0o600 });
  const files = "{ caFile: ca.crt, certFile: own.crt, keyFile: own.key }";
  const config = load(`ingest: { sink: postgres }\npostgres: ${files}`);
  expect(postgresAccessOf(config, {}).tls).toEqual({ ca: "ca.crt", cert: "own.crt", key: "own.key" });
  const absent = load("ingest: { sink: postgres }\npostgres: { caFile: absent.crt }");
  expect(() => postgresAccessOf(absent, {})).toThrow(/cannot be read/);
});
