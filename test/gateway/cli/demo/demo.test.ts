import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startDemoProcess } from "../../../../gateway/cli/demo/demo-process.ts";
import { carepost, launcher } from "../run-carepost.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-demo-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("a demo of ten seconds loses its broker, delivers everything once, and leaves nothing behind", async () => {
  // What somebody has set for a gateway of their own is not for the demo's.
  const environment = { TMPDIR: folder, CAREPOST_UPLINK_URL: "mqtt://127.0.0.1:1", CAREPOST_OF_SOMETHING_ELSE: "1" };
  const { code, stdout } = await carepost(["demo", "--for", "10s", "--json"], { environment });
  const report: unknown = JSON.parse(stdout);
  expect(report).toMatchObject({ scenario: "home-day", outages: 1, lost: 0, doubled: 0, waiting: 0 });
  expect(report).toMatchObject({ shown: expect.toSatisfy((shown: number) => shown > 3) });
  expect(code).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test("Ctrl-C ends the demo and all that it started, and leaves nothing behind", async () => {
  const child = spawn(process.execPath, [launcher, "demo"], {
    env: { PATH: process.env["PATH"], TMPDIR: folder },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (/delivered [1-9]/.test(text)) child.kill("SIGINT");
  });
  // The pipe is closed when the last process that holds it has ended.
  expect(await ended).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test("a scenario that is not there is told, with nothing left running", async () => {
  const { code, stdout } = await carepost(["demo", "--scenario", "none", "--for", "5s", "--json"], {
    environment: { TMPDIR: folder },
  });
  expect(code).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: "scenario-unusable" } });
});

test("a process of the demo that ends is told with its own reason", async () => {
  const { failed } = startDemoProcess({
    name: "ingest",
    folder,
    command: ["gateway/cli/main.ts", "ingest", "--json", "--sink", join(folder, "nowhere", "sink.db")],
    onLine: () => undefined,
  });
  await expect(failed).rejects.toMatchObject({
    code: "demo-process-ended",
    message: expect.stringMatching(/^the demo's ingest ended with exit code 1: .+ \(store-unreachable\)$/),
    context: { log: join(folder, "ingest.log") },
  });
});
