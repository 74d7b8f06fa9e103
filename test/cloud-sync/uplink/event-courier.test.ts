import { expect, test } from "vitest";
import { gatewayEvent } from "../../../cloud-sync/contract/control.ts";
import type { EventOutbox } from "../../../cloud-sync/uplink/event-outbox.ts";
import { createMemoryEvents } from "../../doubles/memory-events.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

function memoryEvents(): EventOutbox & { add(): void; waiting(): number } {
  const events = createMemoryEvents();
  let last = 0;
  return {
    ...events,
    add: () => {
      last += 1;
      const id = `00000000-0000-4000-8000-${last.toString().padStart(12, "0")}`;
      const event = { type: "tombstone", readingId: id, reason: "quota" } as const;
      events.add({ v: 1, id, gateway: rigGateway, at: last, event });
    },
  };
}

test("events are delivered in order, whole, and settled when their receipts come", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events } });
  const heard: number[] = [];
  rig.broker.subscribe(`carepost/v1/${rigGateway}/events`, ({ payload }) => {
    heard.push(gatewayEvent.parse(messageData("events", payload)).at);
  });
  for (let count = 0; count < 100; count += 1) events.add();
  rig.start();
  await rig.clock.advance(1_000);
  events.add();
  await rig.clock.advance(1_000);
  expect(heard).toEqual(Array.from({ length: 101 }, (_, index) => index + 1));
  expect(events.waiting()).toBe(0);
  await rig.stop();
});

test("an event that is not acknowledged stays, and is delivered when it can be", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events } });
  const isEvent = (topic: string): boolean => topic.endsWith("/events");
  rig.broker.faults.publish = ({ topic }) => (isEvent(topic) ? { answer: 0x97 } : {});
  events.add();
  rig.start();
  await rig.clock.advance(600_000);
  expect(events.waiting()).toBe(1);
  rig.broker.faults.publish = ({ topic }) => (isEvent(topic) ? { answer: "disconnect", deliveries: 0 } : {});
  await rig.clock.advance(120_000);
  expect(events.waiting()).toBe(1);
  rig.broker.faults.publish = () => ({});
  await rig.clock.advance(120_000);
  expect(events.waiting()).toBe(0);
  await rig.stop();
});

test("an event that the broker acknowledged and then forgot is sent again, until its receipt comes", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events } });
  events.add();
  rig.ingestor.behaviour.up = false;
  rig.start();
  await rig.clock.advance(3_600_000);
  rig.broker.stop({ forget: true });
  await rig.clock.advance(60_000);
  rig.broker.start();
  await rig.clock.advance(60_000);
  expect(events.waiting()).toBe(1);
  expect(rig.ingestor.events.size).toBe(0);
  rig.ingestor.behaviour.up = true;
  await rig.clock.advance(3_600_000);
  expect(events.waiting()).toBe(0);
  expect([...rig.ingestor.events.values()]).toEqual([1]);
  await rig.stop();
});

test("a receipt that is lost costs a resend, and one that comes late or for another event does no harm", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events } });
  let lost = 2;
  rig.broker.faults.publish = () => ({});
  rig.ingestor.behaviour.answersEvents = false;
  for (let count = 0; count < 3; count += 1) events.add();
  rig.broker.subscribe(`carepost/v1/${rigGateway}/events`, ({ payload }) => {
    const { id } = gatewayEvent.parse(messageData("events", payload));
    lost -= 1;
    if (lost >= 0) return;
    const stray = { v: 1, events: ["00000000-0000-4000-8000-000000000999"], at: 1 };
    for (const receipt of [stray, { v: 1, events: [id], at: 1 }, { v: 1, events: [id], at: 1 }]) {
      const answer = Buffer.from(JSON.stringify(receipt));
      rig.broker.publish({ topic: `carepost/v1/${rigGateway}/receipts`, payload: answer, qos: 1, retain: false });
    }
  });
  rig.start();
  await rig.clock.advance(300_000);
  expect(events.waiting()).toBe(0);
  expect([...rig.ingestor.events.values()]).toEqual([3, 1, 1]);
  expect(rig.logged).not.toContain("receipt-invalid");
  await rig.stop();
});

test("where batches are answered and events never are, the broker's acknowledgement has to do, after a while", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events } });
  rig.ingestor.behaviour.answersEvents = false;
  events.add();
  rig.start();
  await rig.clock.advance(3_600_000);
  // Nobody has answered anything, so nobody may be there.
  expect(events.waiting()).toBe(1);
  rig.add("fresh", 1);
  await rig.clock.advance(3_600_000);
  expect(events.waiting()).toBe(0);
  expect([...rig.ingestor.events.values()][0]).toBeGreaterThanOrEqual(3);
  await rig.stop();
});

test("whoever has once answered an event is waited for, whatever becomes of batches", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events } });
  events.add();
  rig.start();
  await rig.clock.advance(60_000);
  expect(events.waiting()).toBe(0);
  rig.ingestor.behaviour.answersEvents = false;
  events.add();
  for (let hour = 0; hour < 5; hour += 1) {
    rig.add("fresh", 1);
    await rig.clock.advance(3_600_000);
  }
  expect(events.waiting()).toBe(1);
  await rig.stop();
});

test("where the broker's acknowledgement is durable by contract, it ends the duty for events too", async () => {
  const events = memoryEvents();
  const rig = createUplinkRig({ ports: { events }, forwarder: { acknowledge: "puback" } });
  rig.ingestor.behaviour.answersEvents = false;
  events.add();
  rig.start();
  await rig.clock.advance(1_000);
  expect(events.waiting()).toBe(0);
  await rig.stop();
});
