import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { AirSocketClient } from "./air/air-socket-client.ts";
import { BusClient } from "./bluez/bus-client.ts";

const program = join(import.meta.dirname, "../../simulators/main.ts");

function start(
  ...flags: readonly string[]
): ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } {
  const child = spawn(process.execPath, [program, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

async function finish(...flags: readonly string[]): Promise<{ code: number; out: string; complaint: string }> {
  const child = start(...flags);
  const [out, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(code), out, complaint };
}

interface Line {
  readonly event: string;
  readonly port: number | null;
  readonly bluez: string | null;
  readonly record: number;
}

/** The lines that a simulation prints, as they come. */
async function* linesOf(child: ReturnType<typeof start>): AsyncGenerator<Line> {
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line);
}

const journalPath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "journal.jsonl");
};

const linesIn = (path: string): readonly Line[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));

test("it serves the air at once, and ends cleanly when it is told to", async () => {
  const child = start("--scenario", "home-day", "--port", "0", "--json");
  const lines = linesOf(child);
  const ready = (await lines.next()).value;
  expect(ready).toMatchObject({ event: "ready", scenario: "home-day", seed: 1, socket: null, devices: 2 });
  const client = new AirSocketClient({ port: ready?.port ?? 0 });
  expect(await client.link("C0:53:49:4D:00:01")).toBe(1);
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  await client.closed;
});

test("its journal survives its own death, whole to the last line", async () => {
  const journal = journalPath();
  const child = start("--scenario", "counter-reset", "--port", "0", "--json", "--journal", journal);
  const told: Line[] = [];
  for await (const line of linesOf(child)) {
    told.push(line);
    if (told.filter(({ event }) => event === "taken").length === 2) child.kill("SIGKILL");
  }
  const kept = linesIn(journal);
  expect(kept.slice(0, 12).every(({ event }) => event === "taken")).toBe(true);
  expect(kept.length).toBeGreaterThanOrEqual(14);
  expect(kept.map(({ record }) => record)).toEqual(kept.map((_, index) => index + 1));
});

test("told to rest, nobody measures any more, and the devices stay in the air with what they hold", async () => {
  const child = start("--scenario", "counter-reset", "--port", "0", "--json");
  const lines = linesOf(child);
  const ready = (await lines.next()).value;
  child.kill("SIGUSR2");
  let told = await lines.next();
  while (told.value?.event !== "resting") told = await lines.next();
  const client = new AirSocketClient({ port: ready?.port ?? 0 });
  expect(await client.link("C0:53:49:4D:00:01")).toBe(1);
  const next = await lines.next();
  expect(next.value).toMatchObject({ event: "connected" });
});

test("it ends by itself after the time that was given", async () => {
  const { code, out } = await finish("--scenario", "forgetful-cuff", "--port", "0", "--for", "300ms");
  expect(code).toBe(0);
  expect(out).toMatch(/^forgetful-cuff \(seed 1\): 1 devices in the air at port \d+\n/);
});

test("what is wrong with the flags is told with its remedy", async () => {
  const told = await Promise.all([
    finish("--frequency", "9"),
    finish("--seed", "many"),
    finish("--port", "70000"),
    finish("--for", "20"),
    finish("--scenario", "nowhere"),
    finish("--port", "0", "--journal", "/nowhere/j"),
    finish("--socket", "/nowhere/air.sock"),
    finish("--port", "0", "--hci", "/nowhere/hci.sock"),
  ]);
  expect(told.map(({ code, out, complaint }) => [code, out, complaint])).toEqual([
    [2, "", expect.stringContaining("carepost simulate --help")],
    [2, "", expect.stringContaining("--seed many is not a whole number")],
    [2, "", expect.stringContaining("--port 70000 is not a port")],
    [2, "", expect.stringContaining("--for 20: write a number and a unit")],
    [1, "", expect.stringContaining("carepost simulate --list")],
    [1, "", expect.stringContaining("Choose another --journal")],
    [1, "", expect.stringContaining("Choose another --socket")],
    [1, "", expect.stringContaining("Choose another path for the HCI socket")],
  ]);
});

test("it lists its scenarios, prints a roster, and explains itself", async () => {
  const [list, roster, help] = await Promise.all([
    finish("--list", "--json"),
    finish("--roster", "--scenario", "clinic"),
    finish("--help"),
  ]);
  expect(JSON.parse(list.out)).toContainEqual(expect.objectContaining({ name: "home-day" }));
  expect(JSON.parse(roster.out)).toMatchObject({ scenario: "clinic", devices: expect.any(Array) });
  expect(help.out).toContain("--journal");
});

test("told to, it exports the devices as org.bluez on a bus of its own, and ends with it", async () => {
  const child = start("--scenario", "home-day", "--port", "0", "--json", "--bluez", "private");
  const ready = (await linesOf(child).next()).value;
  const client = await BusClient.open(ready?.bluez ?? "");
  await client.call("/org/bluez/hci0 org.bluez.Adapter1", "StartDiscovery");
  await client.until(/RSSI=/);
  client.close();
  child.kill("SIGTERM");
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  const { complaint } = await finish("--port", "0", "--bluez", ready?.bluez ?? "");
  expect(complaint).toContain("org.bluez cannot be served");
});
