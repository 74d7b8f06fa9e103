import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { carepost, launcher } from "../run-carepost.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-demo-test-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test("a demo of ten seconds loses its broker, delivers everything once, and leaves nothing behind", async () => {
  const { code, stdout } = await carepost(["demo", "--for", "10s", "--json"], { environment: { TMPDIR: folder } });
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
