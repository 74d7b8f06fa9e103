import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { batchPayload, glucose } from "../../cloud-sync/ingest/sample-readings.ts";
import { sinkOptions, withSink } from "../../cloud-sync/ingest/sinks/postgres/sink-of.ts";
import { type PostgresCluster, startPostgres } from "../../doubles/postgres-cluster.ts";
import { carepost, launcher } from "./run-carepost.ts";

let cluster: PostgresCluster;
let folder: string;

beforeAll(async () => {
  cluster = await startPostgres();
  folder = mkdtempSync(join(tmpdir(), "carepost-cli-pg-"));
  const place = `hosts: "${cluster.folder}:${cluster.port}", user: postgres, database: postgres`;
  writeFileSync(join(folder, "carepost.yaml"), `ingest: { sink: postgres }\npostgres: { ${place} }\n`);
});

afterAll(async () => {
  await cluster.remove();
  rmSync(folder, { recursive: true });
});

test("a sink in PostgreSQL can be checked before and after it is there, read, and its dead letters replayed", async () => {
  const before = await carepost(["ingest", "check", "--json"], { folder });
  expect(statusesOf(before.stdout)).toMatchObject({ servers: "ok", durability: "ok", schema: "warn" });
  const absent = await carepost(["ingest", "dead-letters", "list", "--json"], { folder });
  expect(absent).toMatchObject({ code: 1, stdout: expect.stringContaining("postgres-schema-absent") });

  await withSink(sinkOptions([cluster]), async (sink) => {
    await sink.commit([1, 2, 3].map((n) => ({ gateway: "gw-1", reading: glucose(n) })));
    const payload = batchPayload("gw-1", "b1", [glucose(3), glucose(4)]);
    await sink.keepDeadLetters([{ gateway: "gw-1", code: "envelope-invalid", reason: "v", payload, receivedAt: 1 }]);
  });
  const after = await carepost(["ingest", "check", "--json"], { folder });
  expect(statusesOf(after.stdout)).toMatchObject({
    schema: "ok",
    clock: "ok",
    transport: "ok",
    "dead letters": "warn",
  });
  const replayed = await carepost(["ingest", "dead-letters", "replay", "--json"], { folder });
  expect(JSON.parse(replayed.stdout)).toMatchObject({ replayed: 1, stored: 1, duplicates: 1, remaining: [] });
  expect(await firstLineOfTail()).toMatchObject({ gateway: "gw-1", reading: { id: glucose(3).id } });
});

test("a server that is not there fails the check, with what to do", async () => {
  const environment = { CAREPOST_POSTGRES_HOSTS: "127.0.0.1:1" };
  const { code, stdout } = await carepost(["ingest", "check"], { folder, environment });
  expect(code).toBe(1);
  expect(stdout).toContain("ECONNREFUSED");
  expect(stdout).toContain("→");
});

function statusesOf(json: string): Readonly<Record<string, string>> {
  const { checks }: { checks: readonly { check: string; status: string }[] } = JSON.parse(json);
  return Object.fromEntries(checks.map(({ check, status }) => [check, status]));
}

/** Of the latest two, followed until it is interrupted. */
async function firstLineOfTail(): Promise<unknown> {
  const child = spawn(process.execPath, [launcher, "ingest", "tail", "-n", "2", "--json"], {
    cwd: folder,
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const exited = once(child, "exit");
  child.kill("SIGINT");
  expect(await exited).toEqual([0, null]);
  return JSON.parse(String(line));
}
