import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { controlPart } from "../../../gateway/control/control-part.ts";
import { controlPath } from "../../../gateway/control/control-path.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { enrolled } from "../../../gateway/kiosk/visit/visit-deeds.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { serveAir } from "../../../simulators/air/air-server.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import type { PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import { systemIdOf } from "../../../simulators/peripherals/device-identity.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { identityOf } from "../../scenarios/site-devices.ts";
import { type DeskRig, deskRig } from "../pairing/desk-rig.ts";
import { carepost } from "./run-carepost.ts";
import type { Finished } from "./run-carepost.ts";

const address = "C0:FF:EE:00:00:01";
const id = `system-id:${systemIdOf(address)}`;

const display: PairingTraits = {
  io: "display-only",
  secureConnections: true,
  mitm: true,
  passkey: 19_254,
  requestsSecurity: false,
  forgetsKeys: false,
};

interface Place {
  readonly run: (...args: readonly string[]) => Promise<Finished>;
  readonly inStore: <T>(use: (store: Store) => Promise<T>) => Promise<T>;
  readonly storePath: string;
}

/** A folder with a configuration and a database, and a meter in an air that its radio hears. */
async function place(pairing: PairingTraits): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), "pair-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const socket = join(folder, "air.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 20 });
  const options = { ...plainGlucoseMeter, identity: identityOf(address, "Meter"), pairing };
  const meter = new GlucoseMeter({ clock: realClock, observe: () => undefined }, options);
  meter.wake();
  air.add(meter);
  const stopping = new AbortController();
  const server = await serveAir(air, socket, stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await server.ended;
  });
  const storePath = join(folder, "gateway.db");
  const config = { radio: { kind: "virtual", socket }, store: { path: storePath } };
  writeFileSync(join(folder, "carepost.yaml"), JSON.stringify(config));
  const inStore = async <T>(use: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore({ path: storePath, key: null, clock: systemClock, thread: "inline" });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  };
  return { run: (...args) => carepost(["devices", ...args], { folder }), inStore, storePath };
}

test("without a gateway a device is paired by its passkey, is listed with its key, and is forgotten with it", async () => {
  const { run, inStore } = await place(display);
  const paired = await run("pair", "--address", address.toLowerCase(), "--passkey", "019254", "--json");
  expect(paired).toMatchObject({ code: 0, stderr: expect.stringContaining("pairing mode") });
  expect(JSON.parse(paired.stdout)).toMatchObject({
    address,
    method: "passkey-entry",
    look: { deviceId: id, driver: "glucose", serial: "S-0001" },
  });
  expect(JSON.parse((await run("list", "--json")).stdout)).toMatchObject([
    { device: { id, serial: "S-0001" }, bond: { state: "bonded", method: "passkey-entry" } },
  ]);
  expect((await run("list")).stdout).toMatch(/KEY.*\n.*paired/);
  expect(JSON.parse((await run("forget", id, "--json")).stdout)).toMatchObject({ wasKnown: true });
  expect(await inStore(async (store) => [await store.devices(), await store.bonds()])).toEqual([[], []]);
});

test("whoever forgets what was enrolled has to say which gateway tells the cloud, and it is told", async () => {
  const { run, inStore } = await place(display);
  await run("pair", "--address", address, "--passkey", "019254");
  await inStore(async (store) => {
    const owner = { id: "one", person: "sim-0001", consent: "consent-1", userSlot: null };
    const assignment = { ...owner, deviceId: id, fromAt: 1, untilAt: null, source: "local" } as const;
    await store.record(enrolled({ gateway: "gw-0001", at: 1 }, assignment, null));
  });
  const told = (): Promise<readonly unknown[]> =>
    inStore(async (store) => (await store.pendingEvents({ afterSeq: 1, limit: 10 })).map(({ event }) => event));
  expect(await run("forget", id)).toMatchObject({ code: 2, stderr: expect.stringContaining("--gateway") });
  expect(await told()).toEqual([]);
  expect(await run("forget", id, "--gateway", "gw-0001")).toMatchObject({ code: 0 });
  const event = { type: "enrolment-ended", enrolment: "one" };
  expect(await told()).toMatchObject([{ gateway: "gw-0001", event }]);
});

test("whoever pairs before there is a database gets one; whoever forgets does not", async () => {
  const { run, storePath } = await place(display);
  expect(await run("forget", id)).toMatchObject({ code: 1, stderr: expect.stringContaining("store-absent") });
  expect(existsSync(storePath)).toBe(false);
  expect(await run("pair", "--address", address, "--passkey", "019254")).toMatchObject({ code: 0 });
  expect((await run("list")).stdout).toContain("paired");
});

test("a person reads what was paired, what to compare, and what to do next", async () => {
  const { run } = await place(display);
  const { stderr } = await run("pair", "--address", address, "--passkey", "019254");
  expect(stderr).toContain("✓ Meter is paired (by its passkey).");
  expect(stderr).toContain("serial number S-0001: compare it with the label");
  expect(stderr).toContain(`carepost devices assign ${id} PERSON`);
});

test("a wrong passkey, and a question that nobody can answer, fail with what to do", async () => {
  const { run, inStore } = await place(display);
  expect(await run("pair", "--address", address, "--passkey", "000000")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("pairing-wrong-passkey"),
  });
  expect(await run("pair", "--address", address)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("give --passkey"),
  });
  expect(await run("pair")).toMatchObject({ code: 1, stderr: expect.stringContaining("--address") });
  expect(await inStore((store) => store.bonds())).toEqual([]);
});

test.each([
  [["--address", "kitchen"], "six pairs of hex digits"],
  [["--passkey", "123"], "all six digits"],
  [["--for", "1h"], "from 10s to 10min"],
])("%s is bad usage", async (flags, complaint) => {
  const finished = await carepost(["devices", "pair", ...flags]);
  expect(finished).toMatchObject({ code: 2, stderr: expect.stringContaining(complaint) });
});

test("a gateway that runs is asked to pair", async () => {
  const { run, storePath } = await place(display);
  const rig = await deskRig();
  serveDesk(storePath, rig);
  expect(await pairedBy(rig, run(...pairing))).toMatchObject({ address, method: "passkey-entry", look: null });
  expect(await run("forget", id)).toMatchObject({ code: 1, stderr: expect.stringContaining("unknown-device") });
});

test("a gateway that is just starting, and has no more than the database yet, is waited for", async () => {
  const { run, inStore, storePath } = await place(display);
  const rig = await deskRig();
  await inStore(async () => {
    const finished = run(...pairing);
    // So long a command takes to find that the database is taken.
    await setTimeout(1_000);
    serveDesk(storePath, rig);
    expect(await pairedBy(rig, finished)).toMatchObject({ address });
  });
});

const pairing = ["pair", "--address", address, "--passkey", "123456", "--json"];

/** A gateway as the command sees it. */
function serveDesk(storePath: string, { desk }: DeskRig): void {
  const stopping = new AbortController();
  const state = {
    gateway: "gw",
    version: "1",
    radio: "bluez",
    adapter: "hci0",
    pairing: [],
    windowIsOpen: false,
  } as const;
  const running = controlPart({
    path: controlPath(storePath),
    log: keptLog(),
    desk,
    forget: () => Promise.resolve({ wasKnown: false, key: "none" }),
    withdraw: () => Promise.resolve({ withdrawn: [], removed: 0, notHeld: [] }),
    note: () => Promise.resolve(),
    state: () => ({ ...state, condition: "up", silentMs: 0 }),
  }).run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
}

/** Lets the desk's time pass until the command has paired. */
async function pairedBy({ clock, radio, keeper }: DeskRig, finished: Promise<Finished>): Promise<unknown> {
  await expect.poll(() => clock.advance(1_000).then(() => radio.requests.length)).toBe(1);
  await expect.poll(() => clock.advance(31_000).then(() => keeper.turns.has(address))).toBe(false);
  return JSON.parse((await finished).stdout);
}
