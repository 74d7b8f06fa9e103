import { expect, onTestFinished, test } from "vitest";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { airLineBytesMax } from "../../../device-drivers/ports/air-protocol.ts";
import { virtualRadio } from "../../../gateway/radio/virtual.ts";
import { type AirServer, serveAir } from "../../../simulators/air/air-server.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { gattLinkContract } from "../../contracts/gatt-link.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import { codeOf, type GattAdapter, type GattHarness, soon, take } from "../../contracts/gatt-stage.ts";
import { gattSubscriptionContract } from "../../contracts/gatt-subscription.ts";
import { radioContract } from "../../contracts/radio.ts";

const overPort: GattAdapter = {
  name: "virtual radio over a port",
  make: async () =>
    await harness((server) => (typeof server.address === "string" ? null : server.address), { port: 0 }),
};

const overSocket: GattAdapter = {
  name: "virtual radio over a socket",
  make: async () => {
    const path = socketPath();
    return await harness(() => ({ socketPath: path }), path);
  },
};

gattLinkContract(overPort);
gattSubscriptionContract(overPort);
radioContract(overPort);
gattSubscriptionContract(overSocket);

test("an air that nobody serves is an absent adapter, and one that comes back is found", async () => {
  const path = socketPath();
  const radio = virtualRadio({ socketPath: path });
  onTestFinished(() => radio.close());
  expect(await codeOf(radio.connect("C0:FF:EE:00:00:01", soon()))).toBe("adapter-absent");
  expect(await codeOf(hearOne(radio))).toBe("adapter-absent");
  const first = await air(path);
  const link = await radio.connect(first.probe.address, soon());
  await first.stop();
  await expect.poll(() => codeOf(link.read(gatt.model, soon()))).toBe("link-lost");
  expect(await codeOf(radio.connect(first.probe.address, soon()))).toBe("adapter-absent");
  const second = await air(path);
  expect(await hearOne(radio)).toBe(second.probe.address);
  const again = await radio.connect(second.probe.address, soon());
  await expect(again.read(gatt.model, soon())).resolves.toHaveLength(300);
  await second.stop();
});

test("hearing ends with adapter-absent when the air goes away", async () => {
  const path = socketPath();
  const { stop } = await air(path);
  const radio = virtualRadio({ socketPath: path });
  onTestFinished(() => radio.close());
  const hearing = radio.advertisements(soon())[Symbol.asyncIterator]();
  await hearing.next();
  await stop();
  const rest = async (): Promise<void> => {
    while ((await hearing.next()).done !== true);
  };
  expect(await codeOf(rest())).toBe("adapter-absent");
});

test("what arrived before the air went away is still taken", async () => {
  const path = socketPath();
  const { probe, stop } = await air(path);
  const radio = virtualRadio({ socketPath: path });
  onTestFinished(() => radio.close());
  const link = await radio.connect(probe.address, soon());
  const glucose = await link.subscribe(gatt.glucose, soon());
  probe.notify(1, 2, 3);
  await link.read(gatt.model, soon());
  await stop();
  expect(await take(glucose, 3)).toEqual([1, 2, 3]);
  expect(await codeOf(glucose.next(soon()))).toBe("link-lost");
});

test("values that nobody takes hold the device back, and none is lost", async () => {
  const path = socketPath();
  const { probe, stop } = await air(path);
  const radio = virtualRadio({ socketPath: path });
  onTestFinished(() => radio.close());
  const link = await radio.connect(probe.address, soon());
  const glucose = await link.subscribe(gatt.glucose, soon());
  const count = 60_000;
  for (let sent = 0; sent < count; sent += 1) probe.notify(sent % 251);
  let before = -1;
  await expect
    .poll(() => {
      const stands = probe.deliveries.length === before;
      before = probe.deliveries.length;
      return stands && before > 0;
    })
    .toBe(true);
  expect(before).toBeLessThan(count);
  for (let taken = 0; taken < count; taken += 1) expect((await glucose.next(soon()))[0]).toBe(taken % 251);
  await stop();
});

test.each([
  ["is not JSON", "hello\n"],
  ["is no message", '{"event":"thunder"}\n'],
  ["has no end", "x".repeat(airLineBytesMax + 1)],
])("an air whose line %s is left, as if it were gone", async (_, line) => {
  const served: Socket[] = [];
  const server = createServer((socket) => {
    served.push(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(line));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  const radio = virtualRadio({ port: address.port });
  onTestFinished(() => radio.close());
  expect(await codeOf(radio.connect("C0:FF:EE:00:00:01", soon()))).toBe("adapter-absent");
  expect(served).toHaveLength(1);
});

async function harness(
  place: (server: AirServer) => Parameters<typeof virtualRadio>[0] | null,
  address: Parameters<typeof serveAir>[1],
): Promise<GattHarness> {
  const virtual = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1 });
  const stopping = new AbortController();
  const server = await serveAir(virtual, address, stopping.signal);
  const at = place(server);
  if (at === null) throw new Error("the air has no place");
  const radio = virtualRadio(at);
  const stop = async (): Promise<void> => {
    await radio.close();
    stopping.abort();
    await server.ended;
  };
  return { air: virtual, radio, stop };
}

async function air(path: string): Promise<{ readonly probe: Probe; readonly stop: () => Promise<void> }> {
  const virtual = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1 });
  const probe = new Probe();
  virtual.add(probe);
  const stopping = new AbortController();
  const server = await serveAir(virtual, path, stopping.signal);
  return {
    probe,
    stop: async () => {
      stopping.abort();
      await server.ended;
    },
  };
}

async function hearOne(radio: ReturnType<typeof virtualRadio>): Promise<string | null> {
  for await (const { address } of radio.advertisements(soon())) return address;
  return null;
}

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "radio-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "air.sock");
}
