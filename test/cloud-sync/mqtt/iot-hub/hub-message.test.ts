import { expect, test, vi } from "vitest";
import { createBatcher } from "../../../../cloud-sync/ingest/batcher.ts";
import { createIngestor } from "../../../../cloud-sync/ingest/ingestor.ts";
import type { SourceHandlers } from "../../../../cloud-sync/ingest/source.ts";
import { readHubMessage } from "../../../../cloud-sync/mqtt/iot-hub/hub-message.ts";
import type { HubMessage } from "../../../../cloud-sync/mqtt/iot-hub/hub-message.ts";
import { hubDevice, startHubGateway, startHubRig } from "../../../doubles/iot-hub-rig.ts";
import type { HubRig } from "../../../doubles/iot-hub-rig.ts";
import { createMemorySink } from "../../../doubles/memory-sink.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { bloodPressure, glucose } from "../../ingest/sample-readings.ts";

const body = Buffer.from("{}");
const topic = "carepost/v1/gw-0001/readings";
const valid: HubMessage = { connectionDeviceId: "gw-0001", properties: { kind: "readings", topic }, body };

test("a message of the hub says whose it is and what it is", () => {
  expect(readHubMessage(valid)).toEqual({ ok: true, value: { gateway: "gw-0001", kind: "readings", payload: body } });
  const events = { kind: "events", topic: "carepost/v1/gw-0001/events", extra: 7 };
  expect(readHubMessage({ ...valid, properties: events })).toMatchObject({ ok: true, value: { kind: "events" } });
});

test("a device with a name of its own is the gateway that the consumer says it is", () => {
  const message = { ...valid, connectionDeviceId: "D-77" };
  expect(readHubMessage(message, () => "gw-0001")).toMatchObject({ ok: true, value: { gateway: "gw-0001" } });
  expect(readHubMessage(message, () => null)).toEqual({ ok: false, error: "unknown-device" });
});

test("nobody speaks for another, in another contract or of another kind", () => {
  const faults: readonly (readonly [Partial<HubMessage>, string])[] = [
    [{ connectionDeviceId: "gw-0002" }, "another-gateways"],
    [{ connectionDeviceId: "not a gateway" }, "unknown-device"],
    [{ properties: { kind: "receipts", topic } }, "unknown-kind"],
    [{ properties: { topic } }, "unknown-kind"],
    [{ properties: { kind: "readings" } }, "not-of-this-contract"],
    [{ properties: { kind: "readings", topic: "carepost/v2/gw-0001/readings" } }, "not-of-this-contract"],
    [{ properties: { kind: "state", topic } }, "not-of-this-contract"],
  ];
  for (const [change, error] of faults) expect(readHubMessage({ ...valid, ...change })).toEqual({ ok: false, error });
});

/** What a consumer of the hub's endpoint does: hand each message over, and send the receipt back. */
function consume(rig: HubRig, handlers: SourceHandlers): () => void {
  return rig.hub.onTelemetry((telemetry) => {
    const message = readHubMessage(telemetry);
    if (!message.ok) throw new Error(message.error);
    const { gateway, kind, payload } = message.value;
    if (kind === "state") handlers.state(gateway, payload);
    else if (kind === "results") handlers.result(gateway, payload);
    else if (kind === "events") void handlers.event(gateway, payload);
    else void answer(rig, handlers.batch(gateway, payload));
  });
}

async function answer(rig: HubRig, receipt: ReturnType<SourceHandlers["batch"]>): Promise<void> {
  const text = JSON.stringify(await receipt);
  rig.hub.sendToDevice(hubDevice, { properties: { kind: "receipts" }, body: Buffer.from(text) });
}

test("from the outbox through the hub into the ingestor, and the receipt back to the outbox", async () => {
  const rig = await startHubRig();
  const sink = createMemorySink({ clock: realClock });
  const batcher = createBatcher(sink, realClock);
  const ingestor = createIngestor({ sink, batcher, clock: realClock, log: rig.log });
  consume(rig, ingestor.handlers);
  const gateway = startHubGateway(rig, { forwarder: { acknowledge: "receipt" } });
  for (let number = 1; number <= 60; number += 1) {
    gateway.outbox.add("fresh", JSON.stringify(number % 2 === 0 ? glucose(number) : bloodPressure(number)));
  }
  gateway.outbox.add("fresh", JSON.stringify({ ...glucose(61), kind: "horoscope" }));
  await vi.waitFor(() => expect([gateway.outbox.delivered.size, gateway.outbox.rejected.size]).toEqual([60, 1]), {
    timeout: 20_000,
  });
  expect(ingestor.counts()).toMatchObject({ stored: 60, rejected: 1 });
  expect(ingestor.states().get(hubDevice)).toMatchObject({ online: true, gateway: hubDevice });
  await gateway.stop();
  await rig.stop();
});
