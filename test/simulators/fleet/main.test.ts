import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { startIngest, type IngestHandle } from "../../../cloud-sync/ingest/start-ingest.ts";
import { startPostgres } from "../../doubles/postgres-cluster.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import type { FleetReport } from "../../../simulators/fleet/fleet-report.ts";
import { realClock } from "../../doubles/real-clock.ts";

const program = join(import.meta.dirname, "../../../simulators/fleet/main.ts");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly complaint: string;
}

async function fleet(...flags: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [out, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(code), out, complaint };
}

async function ingestEnd(): Promise<{
  readonly url: string;
  readonly sinkPath: string;
  readonly ingest: IngestHandle;
}> {
  const folder = mkdtempSync(join(tmpdir(), "fleet-"));
  const sinkPath = join(folder, "sink.db");
  const listen = { host: "127.0.0.1", port: 0 };
  const ingest = await startIngest({ role: "all", listen, sinkPath, clock: realClock, log: keptLog() });
  onTestFinished(async () => {
    await ingest.stop();
    rmSync(folder, { recursive: true });
  });
  return { url: ingest.address?.url ?? "", sinkPath, ingest };
}

test(
  "a hundred gateways deliver over real connections, and each id is in the sink once",
  { timeout: 120_000 },
  async () => {
    const { url, sinkPath, ingest } = await ingestEnd();
    const flags = [
      "--gateways",
      "100",
      "--scenario",
      "storm",
      "--outage",
      "200ms",
      "--reconnect-max",
      "1s",
      "--for",
      "5s",
    ];
    const watch = ["--check-sink", sinkPath, "--watch-pid", `ingestor=${process.pid}`];
    const { code, out } = await fleet("--broker", url, ...flags, ...watch, "--json");
    const report: unknown = JSON.parse(out);
    expect(report).toMatchObject({
      gateways: 100,
      course: { outage: { allBackMs: expect.any(Number), backlogReceivedMs: expect.any(Number) } },
      totals: { lost: 0, waiting: 0, rejected: 0, receipted: ingest.counts().stored },
      sink: { rows: ingest.counts().stored, lost: 0, doubled: 0, others: 0 },
      watched: [{ name: "ingestor", pid: process.pid }],
    });
    expect(ingest.counts().stored).toBeGreaterThan(750);
    expect(code).toBe(0);
  },
);

test("a row that somebody removes from a PostgreSQL sink is found lost", { timeout: 120_000 }, async () => {
  const cluster = await startPostgres({ settings: ["fsync = off"] });
  onTestFinished(() => cluster.remove());
  const { host, port } = cluster;
  const postgres = { servers: [{ host, port }], database: "postgres", user: "postgres", password: null, tls: null };
  const listen = { host: "127.0.0.1", port: 0 };
  const ingest = await startIngest({ role: "all", listen, postgres, clock: realClock, log: keptLog() });
  onTestFinished(() => ingest.stop());
  const first = Promise.withResolvers<string>();
  ingest.onCommitted(([delivery]) => {
    if (delivery !== undefined) first.resolve(delivery.reading.id);
  });
  const removed = first.promise.then((id) => cluster.sql(`DELETE FROM carepost.readings WHERE id = '${id}'`));
  const place = `postgres://postgres@${host.replaceAll("/", "%2F")}:${port}/postgres`;
  const flags = [
    "--gateways",
    "20",
    "--scenario",
    "storm",
    "--outage",
    "200ms",
    "--reconnect-max",
    "1s",
    "--for",
    "10s",
  ];
  const { code, out } = await fleet("--broker", ingest.address?.url ?? "", ...flags, "--check-sink", place, "--json");
  const { sink, totals }: FleetReport = JSON.parse(out);
  await removed;
  expect(totals).toMatchObject({ receipted: ingest.counts().stored, lost: 0, waiting: 0 });
  expect(sink).toMatchObject({ lost: 1, rows: ingest.counts().stored - 1, doubled: 0, others: 0 });
  expect(code).toBe(1);
});

test("the report is readable, and an interrupt ends the fleet with it", { timeout: 60_000 }, async () => {
  const { url, ingest } = await ingestEnd();
  const child = spawn(process.execPath, [program, "--broker", url, "--gateways", "5", "--for", "10min"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const ended = Promise.all([text(child.stdout), once(child, "close")]);
  await expect.poll(() => ingest.counts().connections).toBe(5);
  child.kill("SIGINT");
  const [out, [code]] = await ended;
  expect(code).toBe(0);
  expect(out).toMatch(/^fleet {12}5 gateways, steady, seed 1, /);
  expect(out).toContain("0 LOST");
  expect(out).toContain("sink             not looked into");
});

test("a fleet that reaches no broker ends with 1, and says why", async () => {
  const { code, out } = await fleet(
    "--broker",
    "mqtt://127.0.0.1:1",
    "--gateways",
    "2",
    "--for",
    "500ms",
    "--drain",
    "0s",
  );
  expect(code).toBe(1);
  expect(out).toContain("never all at once");
  expect(out).toMatch(/failures +broker-unreachable \d/);
});

test("what cannot be done is told at once, with what to do", async () => {
  const wrong = await fleet("--broker", "mqtt://127.0.0.1:1", "--check-sink", "/nowhere/sink.db");
  expect(wrong).toMatchObject({ code: 1, out: "" });
  expect(wrong.complaint).toContain("there is no database /nowhere/sink.db");
  const usage = await fleet("--gateways", "many");
  expect(usage).toMatchObject({ code: 2, out: "" });
  expect(usage.complaint).toContain("carepost simulate fleet --help");
});

test("certificates that are not there are missed before anything connects", async () => {
  const { code, complaint } = await fleet("--broker", "mqtts://127.0.0.1:1", "--ca", "/nowhere", "--for", "1s");
  expect(code).toBe(1);
  expect(complaint).toContain("/nowhere/root.crt cannot be read");
});
