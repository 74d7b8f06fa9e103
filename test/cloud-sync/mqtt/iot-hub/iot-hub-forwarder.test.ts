import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hubDevice, saidIn, startHubGateway, startHubRig } from "../../../doubles/iot-hub-rig.ts";
import type { HubRig } from "../../../doubles/iot-hub-rig.ts";
import { readingText } from "../../../doubles/memory-ingestor.ts";

let rig: HubRig;
beforeEach(async () => {
  rig = await startHubRig();
});
afterEach(async () => {
  await rig.stop();
});

const patience = { timeout: 30_000 };

/** The numbers of the readings that the hub has, in the order in which they came. */
const numbersAt = ({ hub }: HubRig): readonly number[] =>
  hub.telemetry
    .filter(({ properties }) => properties["kind"] === "readings")
    .flatMap(({ body }) => readingsOf(saidIn(body)));

function readingsOf(batch: { readonly readings: readonly { readonly n: number }[] }): readonly number[] {
  return batch.readings.map(({ n }) => n);
}

test("readings go to the hub as telemetry that names what it is, and the hub's word is the end of the duty", async () => {
  const gateway = startHubGateway(rig);
  for (let number = 1; number <= 300; number += 1) gateway.outbox.add("fresh", readingText(number));
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(300), patience);
  expect([...numbersAt(rig)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  const batch = rig.hub.telemetry.find(({ properties }) => properties["kind"] === "readings");
  expect(batch).toMatchObject({
    connectionDeviceId: hubDevice,
    contentType: "application/json",
    contentEncoding: "utf-8",
    messageId: saidIn(batch?.body ?? Buffer.of()).batch,
    properties: { kind: "readings", topic: `carepost/v1/${hubDevice}/readings` },
  });
  await gateway.stop();
  expect(rig.hub.endings).toEqual([]);
});

test("the state is telemetry and a reported property, and a stop says offline without a last will", async () => {
  const gateway = startHubGateway(rig);
  await vi.waitFor(() => expect(rig.hub.twin(hubDevice)?.reported["state"]).toBeDefined(), patience);
  expect(rig.hub.twin(hubDevice)?.reported["state"]).toMatchObject({ version: "0.1.0", backlog: 0, clock: "trusted" });
  await gateway.stop();
  const states = rig.hub.telemetry.filter(({ properties }) => properties["kind"] === "state");
  expect(states.map(({ body }) => saidIn(body).online)).toEqual([true, false]);
  expect(rig.hub.telemetry.filter(({ isWill }) => isWill)).toEqual([]);
});

test("a connection that breaks leaves the last will as telemetry of the same kind", async () => {
  const gateway = startHubGateway(rig);
  await vi.waitFor(() => expect(rig.hub.isConnected(hubDevice)).toBe(true), patience);
  rig.hub.kick(hubDevice);
  await vi.waitFor(() => expect(rig.hub.telemetry.filter(({ isWill }) => isWill)).toHaveLength(1), patience);
  const will = rig.hub.telemetry.find(({ isWill }) => isWill);
  expect(will?.properties).toMatchObject({ kind: "state" });
  expect(saidIn(will?.body ?? Buffer.of())).toMatchObject({ online: false, gateway: hubDevice });
  await gateway.stop();
});

test("kicked, cut and unanswered in mid-stream, every reading is at the hub in the end", async () => {
  const gateway = startHubGateway(rig, { forwarder: { answerTimeoutMs: 1_500, reconnectFirstDelayMaxMs: 100 } });
  let swallowed = 0;
  rig.hub.faults.acknowledges = () => {
    const isSwallowed = swallowed < 3 && rig.hub.telemetry.length % 7 === 6;
    if (isSwallowed) swallowed += 1;
    return !isSwallowed;
  };
  for (let number = 1; number <= 2_000; number += 1) gateway.outbox.add("backfill", readingText(number));
  for (const share of [200, 800]) {
    await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBeGreaterThan(share), patience);
    rig.hub.kick();
  }
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(2_000), patience);
  expect(new Set(numbersAt(rig)).size).toBe(2_000);
  expect(swallowed).toBeGreaterThan(0);
  await gateway.stop();
});

test("a hub that throttles makes delivery slow, then ends the connection, and loses nothing", async () => {
  rig.hub.faults.telemetryThrottle = { perSecond: 40, burst: 2, waitMsMax: 100 };
  const gateway = startHubGateway(rig, { forwarder: { batchReadingsMax: 5, reconnectFirstDelayMaxMs: 50 } });
  for (let number = 1; number <= 100; number += 1) gateway.outbox.add("fresh", readingText(number));
  await vi.waitFor(
    () => expect(rig.hub.endings.map(({ why }) => why)).toContainEqual(expect.stringContaining("throttled")),
    patience,
  );
  rig.hub.faults.telemetryThrottle = { perSecond: 40, burst: 2, waitMsMax: 60_000 };
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(100), patience);
  expect(new Set(numbersAt(rig)).size).toBe(100);
  await gateway.stop();
});

test("receipts come as cloud-to-device messages and as methods, and nothing is settled without one", async () => {
  const gateway = startHubGateway(rig, { forwarder: { acknowledge: "receipt" } });
  let byMethod = false;
  rig.hub.onTelemetry(({ properties, body }) => {
    if (properties["kind"] !== "readings") return;
    const { batch, readings } = saidIn(body);
    const receipt = { v: 1, batch, stored: [[0, readings.length - 1]], duplicate: [], rejected: [], at: Date.now() };
    if (byMethod) void rig.hub.invokeMethod(hubDevice, { name: "receipts", payload: receipt });
    else
      rig.hub.sendToDevice(hubDevice, { properties: { kind: "receipts" }, body: Buffer.from(JSON.stringify(receipt)) });
  });
  gateway.outbox.add("fresh", readingText(1));
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(1), patience);
  byMethod = true;
  gateway.outbox.add("fresh", readingText(2));
  await vi.waitFor(() => expect(gateway.outbox.delivered.size).toBe(2), patience);
  await vi.waitFor(() => expect(rig.hub.pendingMessages(hubDevice)).toBe(0), patience);
  await gateway.stop();
});
