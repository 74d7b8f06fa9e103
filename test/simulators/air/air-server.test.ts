import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { airLineBytesMax } from "../../../device-drivers/ports/air-protocol.ts";
import { type AirAddress, serveAir } from "../../../simulators/air/air-server.ts";
import { createVirtualAir, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { justWorks } from "../../../simulators/peripherals/pairing-traits.ts";
import { attErrors } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";
import { AirSocketClient } from "./air-socket-client.ts";

interface Stage {
  readonly air: VirtualAir;
  readonly probe: Probe;
  readonly address: AirAddress;
  readonly client: () => AirSocketClient;
}

async function stage(address: AirAddress = { port: 0 }): Promise<Stage> {
  const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1 });
  const probe = new Probe();
  air.add(probe);
  const stopping = new AbortController();
  const server = await serveAir(air, address, stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await server.ended;
  });
  return { air, probe, address: server.address, client: () => new AirSocketClient(server.address) };
}

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "air-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "air.sock");
}

test("every request has one answer that carries its id", async () => {
  const { probe, client } = await stage();
  const gateway = client();
  const link = await gateway.link(probe.address);
  const answers = await Promise.all([
    gateway.ask({ op: "discover", link }),
    gateway.ask({ op: "read", link, handle: gatt.lie.handle }),
    gateway.ask({ op: "write", link, handle: gatt.control.handle, hex: "0101" }),
    gateway.ask({ op: "read", link: 99, handle: 1 }),
  ]);
  expect(await gateway.ask({ op: "close", link })).toMatchObject({ ok: true, result: { type: "done" } });
  expect(answers).toMatchObject([
    { ok: true, result: { type: "characteristics", characteristics: Object.values(gatt) } },
    { ok: false, code: "att-error", attError: attErrors.readNotPermitted },
    { ok: true, result: { type: "done" } },
    { ok: false, code: "link-lost" },
  ]);
  expect(probe.heard).toEqual(["read 44", "write 40 0101"]);
});

test("advertisements are told while the client scans, and not before or after", async () => {
  const { client, probe } = await stage();
  const gateway = client();
  await gateway.ask({ op: "scan", on: true });
  await expect.poll(() => gateway.events.length).toBeGreaterThan(0);
  await gateway.ask({ op: "scan", on: false });
  const told = gateway.events.length;
  await gateway.link(probe.address);
  expect(gateway.events).toHaveLength(told);
  expect(gateway.events[0]).toMatchObject({ event: "advertisement", advertisement: { address: probe.address } });
});

test("an indication waits for its confirmation by number", async () => {
  const { client, probe } = await stage();
  const gateway = client();
  const link = await gateway.link(probe.address);
  await gateway.ask({ op: "subscribe", link, handle: gatt.pressure.handle });
  probe.indicate(1, 2);
  await expect.poll(() => gateway.events.length).toBe(1);
  expect(gateway.events).toEqual([{ event: "value", link, handle: gatt.pressure.handle, hex: "01", confirm: 1 }]);
  await gateway.ask({ op: "confirm", link, confirm: 7 });
  expect(probe.deliveries).toEqual([]);
  await gateway.ask({ op: "confirm", link, confirm: 1 });
  await expect.poll(() => gateway.events.length).toBe(2);
  expect(probe.deliveries).toEqual(["confirmed"]);
});

test("a client that dies with an indication in hand has not confirmed it, and the device is free for the next", async () => {
  const { client, probe } = await stage();
  const gateway = client();
  const link = await gateway.link(probe.address);
  await gateway.ask({ op: "subscribe", link, handle: gatt.pressure.handle });
  probe.indicate(1);
  await expect.poll(() => gateway.events.length).toBe(1);
  gateway.socket.destroy();
  await expect.poll(() => probe.deliveries).toEqual(["link-ended"]);
  const next = client();
  expect(await next.link(probe.address)).toBeGreaterThan(0);
});

test("a client may die at any byte of a request", async () => {
  const { client, probe } = await stage();
  const request = `${JSON.stringify({ id: 1, op: "connect", address: probe.address })}\n`;
  for (let bytes = 0; bytes <= request.length; bytes += 1) {
    const gateway = client();
    gateway.socket.end(request.slice(0, bytes));
    await gateway.closed;
  }
  const last = client();
  await expect.poll(async () => (await last.ask({ op: "connect", address: probe.address })).ok).toBe(true);
});

test.each([
  ["is not JSON", "hello\n"],
  ["is no request", '{"id":1,"op":"explode"}\n'],
  ["has a field too many", '{"id":1,"op":"scan","on":true,"why":1}\n'],
  ["has odd hex", '{"id":1,"op":"write","link":1,"handle":1,"hex":"ABC"}\n'],
  ["has no end", "x".repeat(airLineBytesMax + 1)],
])("the server hangs up on a line that %s, and serves the others", async (_, line) => {
  const { client, probe } = await stage();
  const [bad, good] = [client(), client()];
  const link = await good.link(probe.address);
  bad.socket.write(line);
  await bad.closed;
  expect(await good.ask({ op: "read", link, handle: gatt.model.handle })).toMatchObject({ ok: true });
});

test("several gateways hear one air, and a device takes one of them at a time", async () => {
  const { client, probe } = await stage();
  const [one, other] = [client(), client()];
  const link = await one.link(probe.address);
  expect(await other.ask({ op: "connect", address: probe.address })).toMatchObject({ code: "connect-refused" });
  await one.ask({ op: "close", link });
  expect(await other.link(probe.address)).toBeGreaterThan(0);
});

test("a device is held back when its client does not read, and loses nothing", async () => {
  const { client, probe } = await stage(socketPath());
  const gateway = client();
  const link = await gateway.link(probe.address);
  await gateway.ask({ op: "subscribe", link, handle: gatt.glucose.handle });
  gateway.socket.pause();
  const count = 60_000;
  for (let sent = 0; sent < count; sent += 1) probe.notify(sent % 256);
  let before = -1;
  const standsStill = (): boolean => {
    const stands = before === probe.deliveries.length;
    before = probe.deliveries.length;
    return stands && before > 0;
  };
  await expect.poll(standsStill).toBe(true);
  expect(probe.deliveries.length).toBeLessThan(count);
  gateway.socket.resume();
  await expect.poll(() => gateway.events.length).toBe(count);
  const sums = gateway.events.map((event) => (event.event === "value" ? event.hex : "")).slice(0, 3);
  expect(sums).toEqual(["00", "01", "02"]);
});

test("a socket that a killed process left behind is taken over, one that lives is not", async () => {
  const path = socketPath();
  const killed = createServer().listen(path);
  await new Promise((resolve) => {
    killed.once("listening", resolve);
  });
  await expect(stage(path)).rejects.toMatchObject({ code: "air-unavailable" });
  killed.close();
  const { client, probe } = await stage(path);
  expect(await client().link(probe.address)).toBe(1);
});

test("a file that is no socket is left alone", async () => {
  const path = socketPath();
  writeFileSync(path, "somebody's notes");
  await expect(stage(path)).rejects.toMatchObject({ code: "air-unavailable" });
});

test("a client pairs, answers what is asked, forgets, and every client of the air is bonded or not with it", async () => {
  const { air, probe, client } = await stage();
  Object.assign(probe, { pairing: { ...justWorks, io: "display-only", mitm: true } });
  const [gateway, other] = [client(), client()];
  await gateway.ask({ op: "forget", address: probe.address });
  expect(await other.ask({ op: "connect", address: probe.address })).toMatchObject({ result: { bonded: false } });
  await other.ask({ op: "close", link: 1 });
  const pairing = gateway.ask({ op: "pair", address: probe.address, io: "keyboard-display" });
  const question = await gateway.next("pairing");
  expect(question).toMatchObject({ ask: "passkey", passkey: null });
  const passkey = air.shownPasskey(probe.address);
  await gateway.ask({ op: "answer", pairing: question.pairing, accept: true, passkey });
  expect(await pairing).toMatchObject({
    ok: true,
    result: { type: "bond", addressKind: "random-static", name: "Probe" },
  });
  expect(await other.ask({ op: "connect", address: probe.address })).toMatchObject({ result: { bonded: true } });
});

test("a pairing that is refused, mistyped or of a device that is away says why, and leaves the device free", async () => {
  const { probe, client } = await stage();
  Object.assign(probe, { pairing: { ...justWorks, io: "display-only", mitm: true, passkey: 1 } });
  const gateway = client();
  const pairAnswering = async (accept: boolean, passkey: number | null): Promise<unknown> => {
    const before = gateway.events.length;
    const pairing = gateway.ask({ op: "pair", address: probe.address, io: "keyboard-only" });
    const question = await gateway.next("pairing", before);
    await gateway.ask({ op: "answer", pairing: question.pairing, accept, passkey });
    return await pairing;
  };
  expect(await pairAnswering(true, 2)).toMatchObject({ ok: false, code: "pairing-wrong-passkey" });
  expect(await pairAnswering(false, null)).toMatchObject({ ok: false, code: "pairing-refused" });
  expect(await gateway.ask({ op: "answer", pairing: 1, accept: true, passkey: 1 })).toMatchObject({ code: "misuse" });
  probe.isAwake = false;
  const absent = await gateway.ask({ op: "pair", address: probe.address, io: "keyboard-only" });
  expect(absent).toMatchObject({ ok: false, code: "device-absent" });
  probe.isAwake = true;
  expect(await gateway.link(probe.address)).toBe(1);
});
