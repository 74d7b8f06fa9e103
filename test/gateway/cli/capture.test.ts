import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { readFixture } from "../../../gateway/capture/fixture.ts";
import { serveAir } from "../../../simulators/air/air-server.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import { identity } from "../capture/capture-stage.ts";
import { carepost, type Finished } from "./run-carepost.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-capture-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

const run = (args: readonly string[]): Promise<Finished> =>
  carepost(["capture", ...args], { folder, environment: { CAREPOST_RADIO_SOCKET: join(folder, "air.sock") } });

/** Meters that hold three records each, on a socket. */
async function meters(...addresses: readonly string[]): Promise<void> {
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 20 });
  for (const address of addresses) {
    const options = { ...plainGlucoseMeter, requiresBond: false, identity: { ...identity, address } };
    const meter = new GlucoseMeter({ clock: realClock, observe: () => undefined }, options);
    const sample = { person: null, fluid: "blood", meal: null, carbohydrateG: null, fault: null } as const;
    for (const mgPerDl of [90, 100, 110]) meter.measure({ ...sample, mgPerDl });
    meter.wake();
    air.add(meter);
  }
  const stopping = new AbortController();
  const server = await serveAir(air, join(folder, "air.sock"), stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await server.ended;
  });
}

test("a device is captured, shown, played, and captured from there with the same records", async () => {
  await meters(identity.address);
  const first = await run([
    "--address",
    identity.address.toLowerCase(),
    "-o",
    "first.json",
    "--shift-days",
    "-30",
    "--json",
  ]);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('"outcome":"complete"') });
  expect(first.stderr).toContain("the driver glucose collects from Example EX-65");
  const text = readFileSync(join(folder, "first.json"), "utf8");
  expect(text).not.toContain(identity.serial);

  const shown = await run(["--show", "first.json"]);
  expect(shown.stdout).toMatch(/serial number +Serial Number String \(2A25\) +1×/);
  expect(shown.stdout).toContain('"glucoseMgDl":{"value":110,"unit":"mg/dL"}');

  const played = join(folder, "played.sock");
  const program = join(import.meta.dirname, "../../../simulators/main.ts");
  const simulator = spawn(process.execPath, [
    program,
    "--replay",
    join(folder, "first.json"),
    "--socket",
    played,
    "--json",
  ]);
  onTestFinished(() => void simulator.kill("SIGKILL"));
  const [line] = await once(simulator.stdout, "data");
  expect(JSON.parse(String(line))).toMatchObject({ event: "ready", scenario: "replay", devices: 1 });
  const environment = { CAREPOST_RADIO_SOCKET: played };
  const again = await carepost(["capture", "--listen", "700ms", "-o", "again.json", "--json"], { folder, environment });
  expect(again.code).toBe(0);
  const records = (name: string): readonly (string | undefined)[] =>
    readFixture(join(folder, name))
      .session.filter(({ op }) => op === "notify")
      .map(({ hex }) => hex);
  expect(records("first.json")).toHaveLength(3);
  expect(records("again.json")).toEqual(records("first.json"));
});

test("an exploration writes nothing to the device", async () => {
  await meters(identity.address);
  const { code } = await run(["--address", identity.address, "--explore", "--for", "500ms", "-o", "explored.json"]);
  expect(code).toBe(0);
  const { session, profile, gatt } = readFixture(join(folder, "explored.json"));
  expect(profile).toBe("unknown");
  expect(session.filter(({ op }) => op === "write")).toEqual([]);
  const readable = gatt.filter(({ properties }) => properties.includes("read")).map(({ uuid }) => uuid);
  expect(new Set(session.filter(({ op }) => op === "read").map(({ char }) => char))).toEqual(new Set(readable));
  expect(session.filter(({ op, value }) => op === "cccd" && value !== "off")).toHaveLength(3);
});

test("of several devices none is guessed, and none that is silent is waited for without end", async () => {
  await meters("C0:FF:EE:00:00:11", "C0:FF:EE:00:00:12");
  const several = await run(["--listen", "700ms", "--json"]);
  expect(several).toMatchObject({ code: 1, stdout: expect.stringContaining("capture-device-unclear") });
  expect(several.stderr).toContain("C0:FF:EE:00:00:12");
});

test("the identity is kept only by who says so twice, and no capture is written over", async () => {
  await meters(identity.address);
  const half = await run(["--raw", "--json"]);
  expect(half).toMatchObject({ code: 1, stdout: expect.stringContaining("capture-raw-refused") });
  const whole = await run(["--raw", "--with-identity", "--listen", "700ms", "-o", "raw.json"]);
  expect(whole).toMatchObject({ code: 0, stderr: expect.stringContaining("keep it to yourself") });
  expect(readFixture(join(folder, "raw.json"))).toMatchObject({ scrubbed: [], advertisement: { name: identity.name } });
  expect(await run(["-o", "raw.json", "--json"])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("capture-unwritable"),
  });
});
