import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  openPostgresSink,
  type PostgresSinkOptions,
} from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-sink.ts";
import { postgresFacts } from "../../../../../cloud-sync/ingest/sinks/postgres/postgres-facts.ts";
import { type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { realClock } from "../../../../doubles/real-clock.ts";
import { glucose } from "../../sample-readings.ts";
import { sinkOptions, withSink } from "./sink-of.ts";

let cluster: PostgresCluster;
let ca: string;

beforeAll(async () => {
  cluster = await startPostgres({
    settings: ["fsync = off", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"],
  });
  makeCertificate(join(cluster.folder, "data"));
  ca = readFileSync(join(cluster.folder, "data", "server.crt"), "utf8");
  cluster.sql("CREATE ROLE carepost LOGIN SUPERUSER PASSWORD 'right one'");
  cluster.writeAccessRules(["local all postgres trust", "hostssl all carepost 127.0.0.1/32 scram-sha-256"]);
  cluster.sql("ALTER SYSTEM SET ssl = on");
  cluster.sql("SELECT pg_reload_conf()");
});

afterAll(async () => {
  await cluster.remove();
});

/** With a name as the certificate has it. */
const access = (changes: Partial<PostgresSinkOptions> = {}): PostgresSinkOptions =>
  sinkOptions([cluster], {
    servers: [{ host: "localhost", port: cluster.port }],
    user: "carepost",
    password: "right one",
    tls: { ca, cert: null, key: null },
    limits: { openWaitMs: 0 },
    ...changes,
  });

test("a password and a certificate that is verified let it in", async () => {
  await withSink(access(), async (sink) => {
    expect(await sink.commit([{ gateway: "gw-1", reading: glucose(1) }])).toEqual(["stored"]);
  });
  const facts = await postgresFacts(access(), realClock);
  expect(facts.primary).toMatchObject({ encrypted: true, schema: { missingPartitions: 0, strays: 0, deadLetters: 0 } });
});

test("a wrong password, an absent database and an unknown user are told as such, and nothing is waited for", async () => {
  const wrong = [{ password: "wrong" }, { password: null }, { database: "absent" }, { user: "nobody" }];
  for (const changes of wrong) {
    await expect(openPostgresSink(access(changes))).rejects.toMatchObject({ code: "postgres-login-refused" });
  }
});

test("a server whose certificate nobody vouches for, or that bears another name, is not talked to", async () => {
  const unknown = openPostgresSink(access({ tls: { ca: null, cert: null, key: null } }));
  await expect(unknown).rejects.toMatchObject({ code: "postgres-not-trusted" });
  const otherName = openPostgresSink(access({ servers: [{ host: "127.0.0.1", port: cluster.port }] }));
  await expect(otherName).rejects.toMatchObject({ code: "postgres-not-trusted" });
});

test("a server that wants encryption refuses a connection in plain", async () => {
  await expect(openPostgresSink(access({ tls: null }))).rejects.toMatchObject({ code: "postgres-login-refused" });
});

test("a Unix socket needs neither", async () => {
  const servers = [{ host: cluster.folder, port: cluster.port }];
  await withSink(access({ servers, user: "postgres", password: null }), async (sink) => {
    expect((await sink.counts()).deadLetters).toBe(0);
  });
});

test("a schema of a newer program is left alone", async () => {
  const database = cluster.createDatabase();
  await withSink(access({ database }), async () => undefined);
  cluster.sql("INSERT INTO carepost.schema_versions (version) VALUES (999)", database);
  await expect(openPostgresSink(access({ database }))).rejects.toMatchObject({ code: "postgres-schema-newer" });
});

test("a user without the right to make the schema is told so", async () => {
  const database = cluster.createDatabase();
  cluster.sql("CREATE ROLE guest LOGIN PASSWORD 'guest'");
  cluster.writeAccessRules(["local all all trust", "hostssl all all 127.0.0.1/32 scram-sha-256"]);
  const start = openPostgresSink(access({ database, user: "guest", password: "guest" }));
  await expect(start).rejects.toMatchObject({ code: "postgres-forbidden" });
});

function makeCertificate(folder: string): void {
  const subject = ["-subj", "/CN=carepost-test", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", join(folder, "server.key"), "-out", join(folder, "server.crt")];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync("openssl", ["req", ...kind, ...subject, ...files], { stdio: "ignore" });
  cluster.own([join(folder, "server.key"), join(folder, "server.crt")]);
}
