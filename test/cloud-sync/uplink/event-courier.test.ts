import { expect, test } from "vitest";
import { gatewayEvent } from "../../../cloud-sync/contract/control.ts";
import type { EventOutbox, OutboxEvent } from "../../../cloud-sync/uplink/event-outbox.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import { messageData } from "../../../cloud-sync/contract/message-data.ts";

function memoryEvents(): EventOutbox & { add(): void; waiting(): number } {
  let waiting: OutboxEvent[] = [];
  const listeners = new Set<() => void>();
  let last = 0;
  return {
    add: () => {
      last += 1;
      const id = `00000000-0000-4000-8000-${last.toString().padStart(12, "0")}`;
      const event = { type: "tombstone", readingId: id, reason: "quota" } as const;
      waiting.push({ seq: last, event: { v: 1, id, gateway: rigGateway, at: last, event } });
      for (const listener of listeners) listener();
    },
    waiting: () => waiting.length,
    events: async ({ afterSeq, eventsMax }) => waiting.filter(({ seq }) => seq > afterSeq).slice(0, eventsMax),
    settleEvents: async (seqs) => {
      waiting = waiting.filter(({ seq }) => !seqs.includes(seq));
    },
    onEventAdded: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

test("events are delivered in order, whole, and settled when the broker has them", async () => {
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
