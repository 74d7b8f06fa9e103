import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { commandResult } from "../../../../cloud-sync/contract/control.ts";
import { packedCharsMax, type PackedText } from "../../../../cloud-sync/contract/packed-text.ts";
import { hubDevice, saidIn, startHubGateway, startHubRig } from "../../../doubles/iot-hub-rig.ts";
import type { HubGateway, HubRig } from "../../../doubles/iot-hub-rig.ts";

/** A bundle as large as one may be, of what no compression makes smaller. */
const largest: PackedText = { encoding: "gzip+base64", data: "A".repeat(packedCharsMax), isWhole: false };

let rig: HubRig;
let gateway: HubGateway;
/** What a sync waits for, where a test holds it up. */
let hold: Promise<void>;
const patience = { timeout: 30_000 };

beforeEach(async () => {
  hold = Promise.resolve();
  rig = await startHubRig();
});
afterEach(async () => {
  await gateway.stop();
  await rig.stop();
});

/** Connected, and listening to all that a hub sends. */
async function start(methodTimeoutMs = 20_000): Promise<void> {
  const settings: object[] = [];
  const commands = {
    syncNow: () => hold,
    setConfig: (wanted: object) => Promise.resolve(void settings.push(wanted)),
    forgetDevice: () => Promise.reject(new Error("not there")),
    followRoster: () => Promise.resolve(),
    supportBundle: () => Promise.resolve(largest),
  };
  const before = reportedVersion();
  gateway = { ...startHubGateway(rig, { hub: { methodTimeoutMs }, ports: { commands } }), settings };
  await vi.waitFor(() => expect(reportedVersion()).toBeGreaterThan(before), patience);
}

const reportedVersion = (): number => Number(rig.hub.twin(hubDevice)?.reported["$version"]);

const results = (): readonly unknown[] =>
  rig.hub.telemetry.filter(({ properties }) => properties["kind"] === "results").map(({ body }) => saidIn(body));

const appliedVersion = (): unknown => {
  const settings = rig.hub.twin(hubDevice)?.reported["settings"];
  return typeof settings === "object" && settings !== null && "av" in settings ? settings.av : null;
};

test("a method is a command of that name, and its answer is the command's result", async () => {
  await start();
  const done = await rig.hub.invokeMethod(hubDevice, {
    name: "set-config",
    payload: { settings: { windowBatches: 4 } },
  });
  expect(done).toMatchObject({ by: "device", status: 200, payload: { outcome: "done" } });
  expect(gateway.settings).toEqual([{ windowBatches: 4 }]);
  const empty = await rig.hub.invokeMethod(hubDevice, { name: "sync-now" });
  expect(empty).toMatchObject({ status: 200 });
  const cases = [
    [{ name: "open-the-door" }, 404],
    [{ name: "set-config", payload: { settings: { windowBatches: 0 } } }, 400],
    [{ name: "sync-now", payload: ["a list"] }, 400],
    [{ name: "forget-device", payload: { device: "system-id:00" } }, 500],
  ] as const;
  for (const [call, status] of cases) {
    expect(await rig.hub.invokeMethod(hubDevice, call)).toMatchObject({ by: "device", status });
  }
  expect(results()).toEqual([]);
});

test("a method that asks for a support bundle is answered with it", async () => {
  await start();
  const { status, payload } = await rig.hub.invokeMethod(hubDevice, { name: "support-bundle" });
  const { outcome, bundle } = commandResult.pick({ outcome: true, bundle: true }).loose().parse(payload);
  expect([status, outcome, bundle?.data === largest.data]).toEqual([200, "done", true]);
});

test("a method cannot say which command it is, nor which version", async () => {
  await start();
  const payload = { v: 9, id: "mine", name: "forget-device" };
  expect(await rig.hub.invokeMethod(hubDevice, { name: "sync-now", payload })).toMatchObject({ status: 200 });
});

test("a method that takes too long is answered 504, and its result comes as a message", async () => {
  await start(300);
  const { promise, resolve } = Promise.withResolvers<void>();
  hold = promise;
  expect(await rig.hub.invokeMethod(hubDevice, { name: "sync-now" })).toMatchObject({
    by: "device",
    status: 504,
    payload: { code: "iot-hub-method-timed-out" },
  });
  resolve();
  await vi.waitFor(() => expect(results()).toMatchObject([{ outcome: "done" }]), patience);
});

test("too many methods at once are answered 429", async () => {
  await start();
  const { promise, resolve } = Promise.withResolvers<void>();
  hold = promise;
  const calls = Array.from({ length: 20 }, () => rig.hub.invokeMethod(hubDevice, { name: "sync-now" }));
  await vi.waitFor(() => expect(rig.hub.isConnected(hubDevice)).toBe(true), patience);
  const early = await Promise.race(calls);
  expect(early).toMatchObject({ status: 429, payload: { code: "iot-hub-methods-full" } });
  resolve();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(16);
});

test("a cloud-to-device message is a command, and its result comes as a message", async () => {
  await start();
  const body = Buffer.from(JSON.stringify({ v: 1, id: "c-1", name: "sync-now" }));
  expect(rig.hub.sendToDevice(hubDevice, { properties: { kind: "commands" }, body })).toBe(204);
  await vi.waitFor(() => expect(results()).toMatchObject([{ id: "c-1", outcome: "done" }]), patience);
  rig.hub.sendToDevice(hubDevice, { properties: {}, body });
  rig.hub.sendToDevice(hubDevice, { properties: { kind: "readings" }, body });
  await vi.waitFor(
    () => expect(rig.logged.filter((event) => event === "iot-hub-message-ignored")).toHaveLength(2),
    patience,
  );
  expect(rig.hub.pendingMessages(hubDevice)).toBe(0);
});

test("a command that was sent while nobody was there comes when somebody is", async () => {
  await start();
  await gateway.stop();
  await vi.waitFor(() => expect(rig.hub.isConnected(hubDevice)).toBe(false), patience);
  const body = Buffer.from(JSON.stringify({ v: 1, id: "c-2", name: "sync-now" }));
  expect(rig.hub.sendToDevice(hubDevice, { properties: { kind: "commands" }, body })).toBe(204);
  await start();
  await vi.waitFor(() => expect(results()).toMatchObject([{ id: "c-2", outcome: "done" }]), patience);
});

test("desired settings are applied and acknowledged with their version, at connect and on change", async () => {
  rig.hub.patchDesired(hubDevice, { settings: { windowBatches: 5, batchReadingsMax: null } });
  await start();
  await vi.waitFor(() => expect(appliedVersion()).toBe(2), patience);
  expect(gateway.settings).toEqual([{ windowBatches: 5 }]);
  expect(rig.hub.twin(hubDevice)?.reported["settings"]).toEqual({
    value: { windowBatches: 5 },
    ac: 200,
    av: 2,
    ad: "",
  });
  rig.hub.patchDesired(hubDevice, { settings: { logLevel: "debug" } });
  await vi.waitFor(() => expect(appliedVersion()).toBe(3), patience);
  expect(gateway.settings).toEqual([{ windowBatches: 5 }, { logLevel: "debug" }]);
});

test("a desired setting that does not validate changes nothing, and the twin says why", async () => {
  await start();
  rig.hub.patchDesired(hubDevice, { settings: { windowBatches: 100_000 }, unrelated: true });
  await vi.waitFor(() => expect(appliedVersion()).toBe(2), patience);
  expect(rig.hub.twin(hubDevice)?.reported["settings"]).toMatchObject({
    ac: 400,
    ad: expect.stringContaining("settings.windowBatches"),
  });
  expect(gateway.settings).toEqual([]);
});

test("what was applied is not applied again when the connection comes back", async () => {
  rig.hub.patchDesired(hubDevice, { settings: { windowBatches: 5 } });
  await start();
  await vi.waitFor(() => expect(appliedVersion()).toBe(2), patience);
  const before = rig.hub.entries();
  rig.hub.kick(hubDevice);
  await vi.waitFor(() => expect(rig.hub.entries()).toBe(before + 1), patience);
  rig.hub.patchDesired(hubDevice, { settings: { windowBatches: 6 } });
  await vi.waitFor(() => expect(appliedVersion()).toBe(3), patience);
  expect(gateway.settings.filter((wanted) => JSON.stringify(wanted) === '{"windowBatches":5}')).toHaveLength(1);
});

test("a twin that the hub has no time for does not hold up anything else", async () => {
  rig.hub.faults.twinThrottled = true;
  gateway = startHubGateway(rig);
  gateway.outbox.add("fresh", '{"n":1}');
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(1), patience);
  await vi.waitFor(() => expect(rig.logged).toContain("iot-hub-twin-unread"), patience);
  rig.hub.faults.twinThrottled = false;
  await vi.waitFor(() => expect(rig.hub.twin(hubDevice)?.reported["state"]).toBeDefined(), patience);
});
