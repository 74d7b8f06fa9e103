import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AdvertisementInbox } from "../../../../gateway/radio/advertisement-inbox.ts";
import { openH4Socket } from "../../../../gateway/radio/noble/h4-socket.ts";
import { NobleAdapter } from "../../../../gateway/radio/noble/noble-adapter.ts";
import { fieldOf, loadNoble, type NobleBindings } from "../../../../gateway/radio/noble/noble-bindings.ts";
import { createVirtualAir } from "../../../../simulators/air/virtual-air.ts";
import { serveOverHci } from "../../../../simulators/bluetooth/bluetooth-front.ts";
import { createMedium } from "../../../../simulators/bluetooth/medium/medium.ts";
import { serveH4 } from "../../../../simulators/bluetooth/transport/h4-server.ts";
import { realClock } from "../../../../simulators/clock/real-clock.ts";
import { Probe, probeCharacteristics as gatt } from "../../../contracts/gatt-link-probe.ts";
import { codeOf, soon } from "../../../contracts/gatt-stage.ts";
import { hurriedPatience } from "./noble-rig.ts";

interface Stage {
  readonly adapter: NobleAdapter;
  readonly bindings: NobleBindings;
  readonly probe: Probe;
}

async function start(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-noble-"));
  const path = join(folder, "hci.sock");
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 5 });
  const medium = createMedium({ clock: realClock, seed: 1, speed: 50 });
  const front = serveOverHci(air, medium, { clock: realClock, seed: 1 });
  const serving = new AbortController();
  const server = await serveH4(medium, path, serving.signal);
  const loaded = await loadNoble("@stoprocent/noble");
  const socket = await openH4Socket(path);
  const choice = { device: null, socket };
  const patience = hurriedPatience;
  const adapter = new NobleAdapter(loaded, { clock: realClock, patience, choice, powerChanged: () => undefined });
  loaded.start();
  await adapter.power(5_000, soon());
  const probe: Probe = Object.defineProperty(new Probe(), "requiresBond", { value: false });
  air.add(probe);
  onTestFinished(async () => {
    adapter.fail("the test is over");
    loaded.stop?.();
    serving.abort();
    await server.ended;
    front.close();
    medium.close();
    rmSync(folder, { recursive: true });
  });
  return { adapter, bindings: loaded.bindings, probe };
}

/** Listeners on every emitter of noble's that lives as long as the adapter, and what it keeps for each device. */
function weigh(bindings: NobleBindings): Readonly<Record<string, number>> {
  const emitters = { bindings, hci: fieldOf(bindings, "_hci"), gap: fieldOf(bindings, "_gap") };
  const weights: Record<string, number> = {};
  for (const [name, emitter] of Object.entries(emitters)) {
    if (!(emitter instanceof Object && "eventNames" in emitter && "listenerCount" in emitter)) continue;
    weights[name] = listenersOf(emitter);
  }
  for (const name of ["_gatts", "_handles", "_aclStreams", "_signalings"]) {
    weights[name] = Object.keys(Object(fieldOf(bindings, name))).length;
  }
  return weights;
}

function listenersOf(emitter: object): number {
  const names: unknown = Reflect.apply(Object(fieldOf(emitter, "eventNames")), emitter, []);
  return (Array.isArray(names) ? names : []).reduce(
    (sum: number, name: unknown) =>
      sum + Number(Reflect.apply(Object(fieldOf(emitter, "listenerCount")), emitter, [name])),
    0,
  );
}

test("two hundred connections, ended by either side, leave nothing behind in noble", async () => {
  const { adapter, bindings, probe } = await start();
  const cycle = async (round: number): Promise<void> => {
    const link = await adapter.connect(probe.address, soon());
    const subscription = await link.subscribe(gatt.pressure, soon());
    probe.indicate(round % 256);
    expect(await subscription.next(soon())).toEqual(Uint8Array.of(round % 256));
    if (round % 2 === 0) await link.close();
    else probe.disconnect();
    expect(await codeOf(subscription.next(soon()))).toMatch(/link-(?:lost|closed)/);
    await expect.poll(() => adapter.links, { interval: 1 }).toEqual([]);
  };
  for (let round = 0; round < 5; round += 1) await cycle(round);
  const before = weigh(bindings);
  expect(before).toMatchObject({ _gatts: 0, _handles: 0, _aclStreams: 0, _signalings: 0 });
  for (let round = 5; round < 205; round += 1) await cycle(round);
  expect(weigh(bindings)).toEqual(before);
  expect(before["bindings"]).toBeGreaterThan(10);
});

test("thousands of private addresses are not remembered", async () => {
  const { adapter, bindings } = await start();
  const inbox = new AdvertisementInbox();
  const stop = adapter.hear(inbox);
  const gap = fieldOf(bindings, "_gap");
  for (let device = 0; device < 5_000; device += 1) {
    const address = `40:00:00:00:${[device >> 8, device & 0xff].map((part) => part.toString(16).padStart(2, "0")).join(":")}`;
    Reflect.apply(Object(fieldOf(gap, "emit")), gap, ["discover", 0, address, "random", true, {}, -60, false]);
  }
  stop();
  expect(Object.keys(Object(fieldOf(bindings, "_addresses"))).length).toBeLessThanOrEqual(1_024);
});

test("what is no discovery, or one of no known shape, is not heard of", async () => {
  const { adapter, bindings } = await start();
  const inbox = new AdvertisementInbox();
  const stop = adapter.hear(inbox);
  bindings.emit("discover");
  bindings.emit("discover", 7, 7, 7, 7, 7, "loud");
  bindings.emit("discover", "40000000ff01", null, undefined, true, null, -60);
  bindings.emit("discover", "c0000000ff02", "c0:00:00:00:ff:02", "random", true, { serviceUuids: [7, "180a"] }, -60);
  bindings.emit("read", "nobody", 1, 2, 3);
  const heard = new Map<string, unknown>();
  for await (const { address, ...rest } of inbox.take(AbortSignal.timeout(200))) heard.set(address, rest);
  stop();
  expect(heard.get("40000000FF01")).toEqual({ addressKind: "random-private", name: null, services: [], rssiDbm: -60 });
  expect(heard.get("C0:00:00:00:FF:02")).toMatchObject({ addressKind: "random-static", services: ["180A"] });
});
