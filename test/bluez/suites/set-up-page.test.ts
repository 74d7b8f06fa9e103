import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { dropInPath } from "../../../gateway/radio/bluez/hardening.ts";
import { blood } from "../../scenarios/site-devices.ts";
import { endLeftDaemon } from "./bluetooth-daemon.ts";
import { Newcomer } from "./newcomer.ts";
import type { PersonAtTerminal } from "./person-at-terminal.ts";
import { SetUpRoom } from "./set-up-room.ts";

/** The set-up page (gateway/README.md), typed command by command at terminals of a machine with a real bluetoothd. */

const checkout = process.env["CAREPOST_CHECKOUT"] ?? "";
const room = new SetUpRoom();
const person = new Newcomer();
let daemon: ChildProcess | null = null;

const arm = { person: null, userSlot: 1, irregularPulse: false, bodyMovement: false, fault: false } as const;
const cuffId = "system-id:C00000FFFE000002";
const meterId = "system-id:C00000FFFE000001";

beforeAll(async () => {
  person.prepare();
  await person.types(person.fromPage("sudo ln -sf"), checkout);
  await person.types(person.fromPage("carepost --version"), checkout);
  await person.types(person.fromPage("sudo tee /etc/bluetooth/main.conf"), checkout);
  await person.types(person.fromPage("sudo mkdir -p /etc/systemd"), checkout);
  await person.types(person.fromPage(`sudo tee ${dropInPath}`), checkout);
  await person.types(person.fromPage("mkdir -p ~/carepost-home"), checkout);
  await person.types(person.fromPage("openssl rand"));
  await person.types(person.fromPage("cat > carepost.yaml"));
  await room.open();
  await endLeftDaemon();
  daemon = await startDaemon();
});

afterEach(() => person.leaves());

afterAll(async () => {
  room.close();
  if (daemon === null || daemon.exitCode !== null) return;
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
});

/** As the service manager does: by the line of the file that the page has written. */
async function startDaemon(): Promise<ChildProcess> {
  const [, line = ""] = /^ExecStart=(\/.*)$/m.exec(readFileSync(dropInPath, "utf8")) ?? [];
  const [path = "", ...parameters] = line.split(" ");
  const child = spawn(path, [...parameters, "-n"], { stdio: "ignore" });
  await once(child, "spawn");
  return child;
}

test("before anything runs, a newcomer is told what is missing, and can pair a meter by comparing digits", async () => {
  expect(await person.types(person.fromPage("carepost gateway --print-config"))).toMatch(
    /kind: bluez .*carepost\.yaml:2/,
  );
  const examined = await person.waitsFor(`${person.fromPage("carepost doctor")} || true`, /✓ radio /);
  expect(examined.match(/✗ \w+/g)).toEqual(["✗ broker"]);
  expect(examined).toMatch(/✓ bluetooth setup/);
  const pairing = person.opens("carepost devices pair --floor -90");
  pairing.types(await numberOf(pairing, "Meter"));
  const [, first = "", second = ""] = await pairing.sees(/Does the device show (\d{3}) (\d{3}) too\?/);
  expect(`${first}${second}`).toBe(room.display(room.meter));
  pairing.types("y");
  await pairing.sees(/✓ Meter is paired \(by comparing digits\)/);
  await pairing.sees(new RegExp(`carepost devices assign ${meterId} PERSON`));
  expect(await pairing.ends()).toBe(0);
  await person.types(`carepost devices forget ${meterId}`);
});

test("the page leads from a paired cuff to a reading, and to the cloud's end", { timeout: 300_000 }, async () => {
  const ingest = person.opens(person.fromPage("carepost ingest"));
  await ingest.sees(/listening/i);
  const gateway = person.opens(person.fromPage("carepost gateway"));
  await gateway.sees(/radio-up/);
  const examined = await person.waitsFor("carepost doctor", /✓ gateway /);
  expect(examined).not.toMatch(/✗|hears \d\d/);
  await pairCuff();
  expect(await person.types(person.fromPage("carepost devices list"))).toMatch(/Cuff .*paired .*nobody's/);
  room.cuff.measure({ ...arm, systolicMmHg: 131, diastolicMmHg: 84, pulsePerMin: 66 });
  const list = person.fromPage("carepost readings list");
  const [, reading = ""] =
    /131\/84 mmHg, pulse 66 +nobody +held +(\w+)/.exec(await person.waitsFor(list, /held/)) ?? [];
  await stops(gateway);
  await person.types(person.fromPage("carepost people add"));
  await person.types(person.fromPage("carepost devices assign", { ID: cuffId }));
  await person.types(person.fromPage("carepost readings assign", { READING: reading }));
  const again = person.opens(person.fromPage("carepost gateway"));
  await person.waitsFor(list, /131\/84.*p-0001 +delivered/);
  const tail = person.opens(person.fromPage("carepost ingest tail"));
  await tail.sees(/131\/84|watching|\$/i);
  room.cuff.measure({ ...arm, systolicMmHg: 128, diastolicMmHg: 79, pulsePerMin: 61 });
  await tail.sees(/p-0001.*128\/79|128\/79.*p-0001/);
  expect(await person.types("carepost doctor")).toMatch(/✓ bonds .*the one paired device has its key/);
  await stops(tail);
  await stops(again);
  await stops(ingest);
  expect(person.left()).toEqual([]);
  // A neighbour's meter was there all the time.
  expect(`${gateway.shown}${again.shown}`).not.toMatch(/session-failed/);
  expect(room.visits(room.neighbours)).toBeLessThanOrEqual(6);
});

async function pairCuff(): Promise<void> {
  const pairing = person.opens(person.fromPage("carepost devices pair"));
  pairing.types(await numberOf(pairing, "Cuff"));
  await pairing.sees(/Type them here: /);
  pairing.types(room.display(room.cuff));
  await pairing.sees(/✓ Cuff is paired \(by its passkey\)[^]*serial number S-0002/);
  expect(await pairing.ends()).toBe(0);
}

test("a cuff is captured, and forgotten; one that nobody has paired is told as such", async () => {
  const unpaired = await person.types(`carepost capture --address ${room.meter.address}`, person.home, 1);
  expect(unpaired).toMatch(/as one does that nobody has paired[^]*carepost devices pair/);
  room.cuff.measure({ ...arm, systolicMmHg: 140, diastolicMmHg: 90, pulsePerMin: 70 });
  const capture = person.opens("carepost capture -o cuff.json");
  await capture.sees(/(\d+) .*Cuff/);
  capture.types(/(\d+) +.*Cuff/.exec(capture.shown)?.[1] ?? "");
  await capture.sees(/cuff\.json/);
  expect(await capture.ends()).toBe(0);
  expect(await person.types("carepost capture --show cuff.json")).not.toContain("S-0002");
  await person.types(`carepost devices forget ${cuffId}`);
  expect(await person.types("carepost devices list")).not.toContain(cuffId);
});

test("a device that forgets its key is paired so, after a question", async () => {
  room.neighbours.measure(blood(104));
  const pairing = person.opens("carepost devices pair --forgets-key");
  pairing.types(await numberOf(pairing, "Neighbour"));
  await pairing.sees(/Pair it\? \[y\/N\]/);
  pairing.types("y");
  await pairing.sees(/is paired \(without proof\)/);
  expect(await pairing.ends()).toBe(0);
});

// Our own kernel has the switch; one that was given may have none, and then the page's command has nothing to switch.
test.skipIf(!existsSync("/dev/rfkill"))(
  "Bluetooth that a program has switched off is told, and switched on again as the page says",
  async () => {
    await person.types("rfkill block bluetooth");
    const examined = await person.types("carepost doctor", person.home, 1);
    expect(examined).toMatch(/✗ rfkill .*switched off[^]*rfkill unblock bluetooth/);
    await person.types("sudo rfkill unblock bluetooth");
    await person.waitsFor("carepost doctor || true", /✓ adapter .*hci0 is on/);
    expect(await person.types("sudo dmesg | grep -i bluetooth")).toMatch(/Bluetooth/);
  },
);

async function numberOf(pairing: PersonAtTerminal, name: string): Promise<string> {
  const [, number = ""] = await pairing.sees(new RegExp(`(\\d+) +${name} `));
  return number;
}

/** By Ctrl-C. Whoever is told to end twice, by the terminal and by the launcher, may say so: 130. */
async function stops(program: PersonAtTerminal): Promise<void> {
  program.pressesCtrlC();
  expect([0, 130]).toContain(await program.ends());
}
