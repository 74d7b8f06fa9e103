import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { packText } from "../../../cloud-sync/contract/packed-text.ts";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { gatewayErrors } from "../../../gateway/gateway-error.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";
import { startAskedGateway } from "../../doubles/asked-gateway.ts";
import { carepost, type Finished, launcher } from "./run-carepost.ts";

/** The commands that change a sink or speak to a gateway, while its ingestor runs. */
let folder = "";
const sinkPath = (): string => join(folder, "sink.db");
const limitMs = 120_000;
const patient = { timeout: 30_000 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-running-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly url: string;
  readonly log: () => string;
  /** Resolves with its exit code; null if a signal had to end it. */
  readonly stop: () => Promise<number | null>;
}

const listening = z.object({ event: z.literal("listening"), url: z.string() });

async function ingestor(): Promise<Running> {
  const args = [launcher, "ingest", "--sink", sinkPath(), "--port", "0", "--json"];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const [line] = z.tuple([z.string()]).parse(await once(createInterface({ input: child.stdout }), "line"));
  const stop = async (): Promise<number | null> => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    return child.exitCode;
  };
  return { url: listening.parse(JSON.parse(line)).url, log: () => log, stop };
}

const run = (...args: readonly string[]): Promise<Finished> =>
  carepost(["ingest", ...args, "--sink", sinkPath()], { folder });

test(
  "a home is set while the ingestor runs, and the hub that is connected gets its roster",
  { timeout: limitMs },
  async () => {
    const { url, log, stop } = await ingestor();
    startAskedGateway("hub-0001", url, () => Promise.reject(new RangeError("not asked")));
    expect((await run("homes", "set", "sim-0001", "hub-0001")).stderr).toMatch(/^1 said, 1 /);
    await expect.poll(log, patient).toMatch(/"event":"roster-sent","gateway":"hub-0001"/);
    expect((await run("homes", "list")).stdout).toContain("sim-0001  hub-0001");
    expect((await run("homes", "remove", "sim-0001", "sim-0002")).stderr).toMatch(/^1 of 2 /);
    await stop();
    expect(existsSync(`${sinkPath()}.sock`)).toBe(false);
  },
);

test("an ingestor that was killed leaves a socket that hinders nobody", { timeout: limitMs }, async () => {
  const sink = await openSqliteSink({ path: sinkPath(), key: null, clock: systemClock, thread: "inline" });
  await sink.close();
  writeFileSync(`${sinkPath()}.sock`, "");
  expect((await run("homes", "set", "sim-0001", "hub-0001")).stderr).toMatch(/^1 said, 1 /);
  await ingestor();
  await expect.poll(() => statSync(`${sinkPath()}.sock`).isSocket(), patient).toBe(true);
  expect(statSync(`${sinkPath()}.sock`).mode & 0o777).toBe(0o600);
  expect((await run("homes", "set", "sim-0001", "hub-0001")).stderr).toMatch(/^1 said, 0 /);
});

test("dead letters are replayed by the ingestor that runs", { timeout: limitMs }, async () => {
  const sink = await openSqliteSink({ path: sinkPath(), key: null, clock: systemClock, thread: "inline" });
  const letter = { gateway: "gw-1", code: "reading-invalid", reason: "r", receivedAt: 1 };
  const payload = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  await sink.keepDeadLetters([
    { ...letter, payload: payload(glucose(1)) },
    { ...letter, payload: payload({ wrong: true }) },
  ]);
  await sink.close();
  const { log } = await ingestor();
  const some = await run("dead-letters", "replay", "2");
  expect(some).toMatchObject({ code: 0, stderr: expect.stringMatching(/^1 judged again: 0 stored, .* 1 still wrong/) });
  const { stdout } = await run("dead-letters", "replay", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ examined: 2, stored: 1, remaining: [{ id: 2, code: "reading-invalid" }] });
  expect(log()).toContain("dead-letters-replayed");
  const many = Array.from({ length: 2_100 }, (_, index) => String(2_101 - index));
  const named = await run("dead-letters", "replay", ...many);
  expect(named).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^1 judged again: 0 stored, .* 1 still wrong/),
  });
});

test("a gateway's support bundle comes into a file that nobody else can read", { timeout: limitMs }, async () => {
  const { url, log } = await ingestor();
  const packed = packText('{"about":"Carepost support bundle."}', true);
  if (packed === null) throw new Error("it does not fit");
  startAskedGateway("gw-1", url, () => Promise.resolve(packed));
  const busy = gatewayErrors.make("support-bundle-too-soon", "one was just made");
  startAskedGateway("gw-2", url, () => Promise.reject(busy));
  await expect.poll(async () => (await run("bundle", "gw-1", "-o", join(folder, "b.json"))).code, patient).toBe(0);
  expect(readFileSync(join(folder, "b.json"), "utf8")).toBe('{"about":"Carepost support bundle."}\n');
  expect(statSync(join(folder, "b.json")).mode & 0o777).toBe(0o600);
  const refused = async (...args: readonly string[]): Promise<string> => (await run("bundle", ...args)).stderr;
  await expect.poll(() => refused("gw-2"), patient).toContain("support-bundle-too-soon");
  expect(await refused("gw-3")).toContain("gateway-not-reached");
  const asked = (): number => log().split("command-sent").length;
  const before = asked();
  expect(await refused("gw-1", "-o", join(folder, "none", "b.json"))).toContain("file-unwritable");
  expect(await refused("gw-1", "-o", folder)).toContain("file-unwritable");
  expect(asked()).toBe(before);
});

test("an ingestor that is told to end does not wait for a gateway that was asked", { timeout: limitMs }, async () => {
  const { url, log, stop } = await ingestor();
  const { promise: never, reject } = Promise.withResolvers<never>();
  startAskedGateway("gw-1", url, () => never);
  onTestFinished(() => reject(gatewayErrors.make("support-bundle-too-soon", "too late")));
  await run("homes", "set", "sim-0001", "gw-1");
  await expect.poll(log, patient).toContain("roster-sent");
  const asked = run("bundle", "gw-1");
  await expect.poll(log, patient).toContain("command-sent");
  expect(await stop()).toBe(0);
  expect(log()).not.toContain("did not end");
  expect(await asked).toMatchObject({ code: 1, stderr: expect.stringContaining("ingestor-lost") });
});

test("without an ingestor there is nobody to ask a gateway", async () => {
  expect(await run("bundle", "gw-1")).toMatchObject({ code: 1, stderr: expect.stringContaining("ingestor-absent") });
});
