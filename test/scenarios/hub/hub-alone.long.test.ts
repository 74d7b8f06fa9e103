import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Books } from "../kill/books.ts";
import { grows, type HomeStage, setHomeStage } from "./home-stage.ts";
import { HubProcess, prepareHubStore } from "./hub-process.ts";

/** Faults that a hub comes through while nobody is at home, with the program that runs there. */
const watchdogMs = 10_000;
const patient = { timeout: 90_000, interval: 200 };

async function stageForTest(): Promise<HomeStage> {
  const stage = await setHomeStage();
  onTestFinished(() => stage.close());
  return stage;
}

async function hubForTest(options: Parameters<typeof HubProcess.start>[0]): Promise<HubProcess> {
  const hub = await HubProcess.start(options);
  onTestFinished(() => hub.close());
  await expect.poll(() => hub.told, patient).toContain("READY=1");
  return hub;
}

/** What the devices showed, beside what hub and cloud hold, when all has come to rest. */
async function booksAtRest(stage: HomeStage, hub: HubProcess, storeFolder: string): Promise<Books> {
  await stage.rest();
  await hub.stop();
  return await stage.compare({ storeFolder, key: null });
}

const flawless = {
  lost: [],
  doubled: [],
  misattributed: [],
  invented: [],
  letGo: [],
  contextsLost: [],
  uncollected: [],
};

test("a hub whose store's thread hangs gives no sign of life, is restarted, and has lost nothing", async () => {
  const stage = await stageForTest();
  const storeFolder = join(stage.folder, "store");
  await prepareHubStore(stage, storeFolder);
  const hub = await hubForTest({ stage, watchdogMs, storeFolder });
  const before = await grows(stage.sinkCount, 0);
  // Each of its system calls from now on takes ten minutes; every other thread goes on.
  const delay = "inject=all:delay_enter=600000000";
  const tracer = spawn("strace", ["-qq", "-o", "/dev/null", "-e", delay, "-p", String(hub.thread("commit"))]);
  onTestFinished(() => void tracer.kill("SIGKILL"));
  await expect.poll(() => hub.told, patient).toContain("STATUS=The store does not answer");
  await expect.poll(() => hub.isAborted, patient).toBe(true);
  // A traced thread stays behind until its tracer has gone.
  tracer.kill("SIGKILL");
  await expect.poll(() => hub.restarts, patient).toBe(1);
  await grows(stage.sinkCount, before);
  expect(await booksAtRest(stage, hub, storeFolder)).toMatchObject(flawless);
}, 240_000);

test("a hub whose disk is full says so, lives on, and goes on by itself when there is room again", async (context) => {
  if (process.getuid?.() !== 0 || spawnSync("unshare", ["--mount", "true"]).status !== 0) {
    context.skip("a small disk cannot be mounted here");
  }
  const stage = await stageForTest();
  const disk = join(stage.folder, "store");
  await prepareHubStore(stage, disk);
  const holder = await smallDisk(disk);
  const under = ["nsenter", "--target", String(holder.pid), "--mount"];
  const hub = await hubForTest({ stage, watchdogMs, storeFolder: disk, under });
  await grows(stage.sinkCount, 0);
  // Seen from outside: the disk is in a namespace of the holder's.
  const seen = `/proc/${holder.pid}/root${disk}`;
  const filler = join(seen, "filler");
  fill(filler);
  await expect.poll(() => hub.events, patient).toContainEqual({ type: "alarm", alarm: "disk-full" });
  await expect.poll(() => hub.told.at(-1), patient).toContain("store takes nothing: disk-full");
  rmSync(filler);
  await expect.poll(() => hub.events, patient).toContainEqual({ type: "alarm", alarm: null });
  await grows(stage.sinkCount, await stage.sinkCount());
  expect(hub.restarts).toBe(0);
  expect(await booksAtRest(stage, hub, seen)).toMatchObject(flawless);
}, 240_000);

/** Lays a small disk over a folder, with what is in the folder, where only the holder and who joins it see it. */
async function smallDisk(folder: string): Promise<ChildProcess> {
  const over = `cp -a "$0" "$0.was" && mount -t tmpfs -o size=96m tmpfs "$0" && cp -a "$0.was/." "$0" && touch "$0.is" && exec sleep 600`;
  const holder = spawn("unshare", ["--mount", "sh", "-c", over, folder], { stdio: "ignore" });
  onTestFinished(() => void holder.kill("SIGKILL"));
  await expect.poll(() => existsSync(`${folder}.is`), patient).toBe(true);
  return holder;
}

function fill(path: string): void {
  const piece = Buffer.alloc(65_536);
  for (const length of [piece.length, 512]) {
    try {
      for (;;) writeFileSync(path, piece.subarray(0, length), { flag: "a" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}
