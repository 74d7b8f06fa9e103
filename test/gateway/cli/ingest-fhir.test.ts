import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { memoryFhirServer, type MemoryFhirServer } from "../../doubles/memory-fhir-server.ts";
import { glucose } from "../../cloud-sync/fhir/reading-samples.ts";
import { carepost, type Finished, launcher } from "./run-carepost.ts";

let folder = "";
let path = "";
let server: MemoryFhirServer;
const started: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "carepost-ingest-fhir-"));
  path = join(folder, "sink.db");
  server = await memoryFhirServer();
  const sink = await openSqliteSink({ path, key: null, clock: systemClock, thread: "inline" });
  const reading = (minute: number): ReturnType<typeof glucose> => {
    const time = { ...glucose().time, device: `2026-07-01T07:0${minute}:00` };
    return glucose({ id: `8a0e1f1e-0000-5000-8000-00000000000${minute}`, time, sequenceNumber: minute });
  };
  await sink.commit([1, 2, 3, 4, 5, 6].map((minute) => ({ gateway: "gw-0001", reading: reading(minute) })));
  await sink.close();
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
  await server.stop();
  rmSync(folder, { recursive: true });
});

function forward(): ChildProcess {
  const args = [launcher, "ingest", "fhir", "--sink", path, "--server", server.url];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  started.push(child);
  return child;
}

const run = (...args: readonly string[]): Promise<Finished> =>
  carepost(["ingest", "fhir", ...args, "--sink", path, "--server", server.url], { folder });

const told = async (): Promise<number> => (await server.counts())["Provenance"] ?? 0;

test("a forwarder that is killed goes on, and one that is stopped says what it did", { timeout: 60_000 }, async () => {
  const killed = forward();
  await expect.poll(told, { interval: 2, timeout: 20_000 }).toBeGreaterThan(1);
  killed.kill("SIGKILL");
  await once(killed, "close");
  const stopped = forward();
  await expect.poll(told).toBe(6);
  expect(await run("list", "--json")).toMatchObject({ code: 1, stdout: expect.stringContaining("store-locked") });
  let said = "";
  stopped.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  stopped.kill("SIGTERM");
  expect(await once(stopped, "close")).toEqual([0, null]);
  expect(said).toContain("told, 0 set aside");
  expect(await server.counts()).toEqual({ Device: 2, Observation: 13, Provenance: 6, Patient: 0 });
});

test("what a server refused is listed with its reason, and told once more on demand", { timeout: 60_000 }, async () => {
  server.answerNext({ status: 422, body: { resourceType: "OperationOutcome" } });
  const child = forward();
  await expect.poll(told).toBe(5);
  child.kill("SIGTERM");
  await once(child, "close");
  const listed: readonly object[] = JSON.parse((await run("list", "--json")).stdout);
  expect(listed).toMatchObject([{ code: "fhir-refused", status: 422, outcome: '{"resourceType":"OperationOutcome"}' }]);
  expect(await run("retry")).toMatchObject({ code: 0, stderr: expect.stringContaining("1 told, 0 refused again") });
  expect((await run("list")).stderr).toContain("Nothing is set aside.");
  expect(await told()).toBe(6);
});

test("a server's address in the clear is refused with what to do", async () => {
  const { code, stderr } = await carepost(["ingest", "fhir", "--sink", path, "--server", "http://fhir.example.org"], {
    folder,
  });
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("fhir-url-refused") });
});
