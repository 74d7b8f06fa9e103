import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createVirtualAir } from "../../simulators/air/virtual-air.ts";
import { serveBluez } from "../../simulators/bluez/serve-bluez.ts";
import { realClock } from "../../simulators/clock/real-clock.ts";
import { BloodPressureCuff, plainCuff } from "../../simulators/peripherals/blood-pressure-cuff.ts";
import { startPrivateBus } from "../doubles/private-bus.ts";
import { identity } from "../gateway/capture/capture-stage.ts";
import { carepost, launcher } from "../gateway/cli/run-carepost.ts";
import { fixedPort } from "./kill/fixed-port.ts";

/** The set-up page from its third step on, command by command, with a cuff behind a simulated bluetoothd. */

const page = readFileSync(new URL("../../gateway/README.md", import.meta.url), "utf8");

const listed = z.array(z.object({ state: z.string(), reading: z.object({ id: z.string() }) }));

async function cuffNearBluez(): Promise<string> {
  const bus = await startPrivateBus();
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 100 });
  const cuff = new BloodPressureCuff(
    { clock: realClock, observe: () => undefined },
    { ...plainCuff, identity, afterConfirmation: "forgets", wakefulness: { afterUseMs: 300_000, periodic: null } },
  );
  const arm = { systolicMmHg: 131, diastolicMmHg: 84, pulsePerMin: 66, irregularPulse: false };
  cuff.measure({ ...arm, person: null, userSlot: 1, bodyMovement: false, fault: false });
  cuff.wake();
  air.add(cuff);
  const bluez = await serveBluez(air, bus, { bonds: "none" });
  onTestFinished(async () => {
    await bluez.stop();
    await bus.stop();
  });
  return bus.address;
}

test(
  "the set-up page leads from a paired cuff to a reading, and to the receiving end",
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "carepost-home-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const port = await fixedPort();
    const yaml = /cat > carepost\.yaml <<'EOF'\n(?<text>[^]*?)\nEOF/.exec(page)?.groups?.["text"] ?? "";
    writeFileSync(
      join(folder, "carepost.yaml"),
      yaml.replace("1883", String(port)).replace("cloud.db", `cloud.db, port: ${port}`),
    );
    writeFileSync(join(folder, "store.key"), "07".repeat(32), { mode: 0o600 });
    const environment = { CAREPOST_RADIO_BUS: await cuffNearBluez(), CAREPOST_CLOCK_ASSUME_SYNCHRONISED: "true" };
    const run = async (line: string): Promise<string> => {
      const { code, stdout, stderr } = await carepost(line.split(" "), { folder, environment });
      expect([line, code, code === 0 ? "" : stderr]).toEqual([line, 0, ""]);
      return stdout;
    };
    const readings = async (state: string): Promise<string> => {
      for (let attempt = 0; attempt < 60; attempt += 1) {
        const [found] = listed.parse(JSON.parse(await run(`readings list --json --state ${state}`)));
        if (found !== undefined) return found.reading.id;
        await sleep(250);
      }
      return "none";
    };
    const start = (command: string): ChildProcess => started(command, { folder, environment });

    await run("gateway --print-config");
    start("ingest");
    const gateway = start("gateway");
    const { address } = identity;
    await expect.poll(async () => (await carepost(["devices", "list"], { folder, environment })).code).toBe(0);
    expect(await run(`devices pair --address ${address} --yes --floor -100 --json`)).toContain(identity.serial);
    expect(await run("devices list")).toContain("paired");
    const held = await readings("held");
    expect(await run("readings list")).toContain("131/84 mmHg, pulse 66");
    const examined = await carepost(["doctor"], { folder, environment });
    expect(examined.stdout).toMatch(/✓ adapter .*hci0 is on/);
    expect(examined.stdout).toMatch(/✓ bonds .*the one paired device has its key/);

    gateway.kill("SIGTERM");
    await once(gateway, "exit");
    await run("people add p-0001");
    await run(`devices assign system-id:${identity.systemId} p-0001 --consent c-0001`);
    await run(`readings assign ${held.slice(0, 12)} p-0001`);
    start("gateway");
    expect(await readings("delivered")).toBe(held);
  },
);

function started(
  command: string,
  place: { readonly folder: string; readonly environment: Readonly<Record<string, string>> },
): ChildProcess {
  const env = { PATH: process.env["PATH"], ...place.environment };
  const child = spawn(process.execPath, [launcher, command], { cwd: place.folder, env, stdio: "ignore" });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  return child;
}
