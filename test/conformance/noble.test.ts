import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type H4Socket, openH4Socket } from "../../gateway/radio/noble/h4-socket.ts";
import { hciInternals } from "../../gateway/radio/noble/hci-internals.ts";
import { fieldOf, loadNoble, type LoadedNoble, type NoblePackage } from "../../gateway/radio/noble/noble-bindings.ts";
import { openNobleRadio } from "../../gateway/radio/noble/noble.ts";
import { createVirtualAir } from "../../simulators/air/virtual-air.ts";
import { type BluetoothFrontEvent, serveOverHci } from "../../simulators/bluetooth/bluetooth-front.ts";
import { createMedium } from "../../simulators/bluetooth/medium/medium.ts";
import { serveH4 } from "../../simulators/bluetooth/transport/h4-server.ts";
import { realClock } from "../../simulators/clock/real-clock.ts";
import { Probe, probeCharacteristics as gatt } from "../contracts/gatt-link-probe.ts";
import { codeOf, soon } from "../contracts/gatt-stage.ts";

/**
 * What the radio noble relies on in noble 2.8.0 of @stoprocent, and in 1.9.2-26 of @abandonware as far as it is served:
 * the shape of its bindings, and the silences that the adapter makes good. An upgrade that changes one fails here.
 */
interface Stage {
  readonly probe: Probe;
  readonly path: string;
  readonly told: BluetoothFrontEvent["type"][];
}

async function stage(requiresBond: boolean): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-noble-"));
  const path = join(folder, "hci.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 5 });
  const medium = createMedium({ clock: realClock, seed: 1, speed: 20 });
  const told: BluetoothFrontEvent["type"][] = [];
  const front = serveOverHci(air, medium, { clock: realClock, seed: 1, tell: ({ type }) => told.push(type) });
  const serving = new AbortController();
  const server = await serveH4(medium, path, serving.signal);
  const probe: Probe = Object.defineProperty(new Probe(), "requiresBond", { value: requiresBond });
  air.add(probe);
  onTestFinished(async () => {
    serving.abort();
    await server.ended;
    front.close();
    medium.close();
    rmSync(folder, { recursive: true });
  });
  return { probe, path, told };
}

interface Bare extends Stage {
  readonly noble: LoadedNoble;
  readonly id: string;
  /** Of every event that noble's bindings emit: its name and its arguments. */
  readonly emitted: (readonly unknown[])[];
  readonly errors: { readonly request: number; readonly code: number }[];
}

/** noble connected to the probe, with nothing of the adapter but its socket and its look over noble's shoulder. */
async function connectBare(requiresBond: boolean): Promise<Bare> {
  const staged = await stage(requiresBond);
  const noble = await loadNoble("@stoprocent/noble");
  const socket: H4Socket = await openH4Socket(staged.path);
  const errors: Bare["errors"] = [];
  const witness = { attError: (_id: string, error: Bare["errors"][number]) => errors.push(error) };
  hciInternals(noble.bindings, { device: null, socket }, { ...witness, attemptEnded: () => undefined });
  const emitted: (readonly unknown[])[] = [];
  for (const event of [
    "stateChange",
    "discover",
    "connect",
    "servicesDiscover",
    "characteristicsDiscover",
    "read",
    "notify",
  ]) {
    noble.bindings.on(event, (...given: readonly unknown[]) => emitted.push([event, ...given]));
  }
  const id = staged.probe.address.replaceAll(":", "").toLowerCase();
  const until = async (event: string): Promise<void> => {
    await expect.poll(() => emitted.map(([name]) => name), { interval: 2 }).toContain(event);
  };
  noble.start();
  onTestFinished(() => noble.stop?.());
  await until("stateChange");
  noble.bindings.startScanning([], true);
  await until("discover");
  noble.bindings.connect(id);
  await until("connect");
  noble.bindings.discoverServices(id, []);
  await until("servicesDiscover");
  noble.bindings.discoverCharacteristics(id, "1810", []);
  noble.bindings.discoverCharacteristics(id, "1808", []);
  await expect.poll(() => emitted.filter(([name]) => name === "characteristicsDiscover")).toHaveLength(2);
  return { ...staged, noble, id, emitted, errors };
}

const gattOf = (noble: LoadedNoble, id: string): unknown => fieldOf(fieldOf(noble.bindings, "_gatts"), id);

const packages: readonly NoblePackage[] = ["@stoprocent/noble", "@abandonware/noble"];

test.each(packages)("%s has bindings of the shape that the adapter uses", async (name) => {
  const { bindings, start, stop } = await loadNoble(name);
  expect(bindings).toBeInstanceOf(EventEmitter);
  expect(Object.keys(bindings)).toEqual(expect.arrayContaining(["_hci", "_gatts", "_handles", "_addresses"]));
  expect([typeof start, stop === null]).toEqual(["function", name === "@abandonware/noble"]);
});

test("the maintained fork makes bindings for each radio, the old package one for the process", async () => {
  const pair = async (name: NoblePackage): Promise<readonly unknown[]> => [
    (await loadNoble(name)).bindings,
    (await loadNoble(name)).bindings,
  ];
  const [one, other] = await pair("@stoprocent/noble");
  expect(one).not.toBe(other);
  const [only, same] = await pair("@abandonware/noble");
  expect(only).toBe(same);
});

test.each(packages)("%s reads, is refused, writes and subscribes through the adapter", async (name) => {
  const { path, probe } = await stage(false);
  const handlers = process.listenerCount("SIGINT");
  const options = { kind: "noble", package: name, hciDevice: null, h4Socket: path } as const;
  const radio = await openNobleRadio(options, { clock: realClock });
  // It would end the process before the gateway has stopped in order.
  expect(process.listenerCount("SIGINT")).toBe(handlers);
  const link = await radio.connect(probe.address, soon());
  await expect(link.read(gatt.model, soon())).resolves.toHaveLength(300);
  expect(await codeOf(link.read(gatt.lie, soon()))).toBe("att-error");
  await link.write(gatt.control, Uint8Array.of(1, 1), soon());
  const subscription = await link.subscribe(gatt.pressure, soon());
  probe.indicate(7);
  expect(await subscription.next(soon())).toEqual(Uint8Array.of(7));
  await radio.close();
});

test("a read that is refused comes back empty and without an error: so errors are read from the link", async () => {
  const { noble, id, emitted, errors } = await connectBare(false);
  noble.bindings.read(id, "1810", "2a49");
  await expect.poll(() => emitted.filter(([event]) => event === "read")).toHaveLength(1);
  const [, , , , value, isNotification, error] = emitted.find(([event]) => event === "read") ?? [];
  expect([Buffer.from(value instanceof Uint8Array ? value : [1]).length, isNotification, error]).toEqual([
    0,
    false,
    undefined,
  ]);
  expect(errors).toContainEqual({ request: 0x0a, code: 0x02 });
});

test("a subscription that is refused is never heard of again", async () => {
  const { noble, id, emitted, errors, probe } = await connectBare(false);
  probe.configureRefusal = { ok: false, error: 0x81 };
  noble.bindings.notify(id, "1810", "2a35", true);
  await expect.poll(() => errors).toContainEqual({ request: 0x12, code: 0x81 });
  noble.bindings.read(id, "1810", "2a24");
  await expect.poll(() => emitted.filter(([event]) => event === "read")).toHaveLength(1);
  expect(emitted.filter(([event]) => event === "notify")).toEqual([]);
});

test("left alone, noble pairs by itself with whoever asks for it: so it is not left alone", async () => {
  const { noble, id, told } = await connectBare(true);
  expect(told).toEqual(["connected"]);
  noble.bindings.read(id, "1810", "2a24");
  await expect.poll(() => told.length).toBeGreaterThan(1);
  expect(fieldOf(gattOf(noble, id), "_security")).not.toBeUndefined();
});
