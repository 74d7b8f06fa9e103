import { CloudEvent as ForeignEvent } from "cloudevents";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { batchBytesMax } from "../../../cloud-sync/contract/delivery.ts";
import { parseTopic } from "../../../cloud-sync/contract/topics.ts";
import { BatchMaker } from "../../../cloud-sync/uplink/batch.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";
import type { UplinkRig, UplinkRigOptions } from "../../doubles/uplink-rig.ts";

interface Heard {
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const tombstone = { type: "tombstone", readingId: "00000000-0000-4000-8000-000000000001", reason: "quota" } as const;

/** Everything that a gateway says, once. */
async function converse(
  options: UplinkRigOptions,
): Promise<{ readonly heard: readonly Heard[]; readonly rig: UplinkRig }> {
  const event = { v: 1, id: tombstone.readingId, gateway: rigGateway, at: 5, event: tombstone } as const;
  let events = [{ seq: 1, event }];
  const outbox = {
    events: async () => events,
    settleEvents: async () => void (events = []),
    onEventAdded: () => () => undefined,
  };
  const rig = createUplinkRig({ ...options, ports: { events: outbox, ...options.ports } });
  const heard: Heard[] = [];
  rig.broker.subscribe("#", ({ topic, payload }) => {
    const kind = parseTopic(topic)?.kind ?? "";
    if (kind !== "receipts" && kind !== "commands") {
      heard.push({ kind, value: JSON.parse(Buffer.from(payload).toString()) });
    }
  });
  rig.add("fresh", 3);
  rig.start();
  await rig.clock.advance(1_000);
  const payload = Buffer.from('{"v":1,"id":"c-1","name":"sync-now"}');
  rig.broker.publish({ topic: `carepost/v1/${rigGateway}/commands`, payload, qos: 1, retain: false });
  await rig.clock.advance(1_000);
  await rig.stop();
  return { heard, rig };
}

test("all that a gateway says are CloudEvents, each with an id of its own under the gateway's source", async () => {
  const { heard, rig } = await converse({ ports: { trustedNow: () => Date.UTC(2026, 0, 1) } });
  expect(new Set(heard.map(({ kind }) => kind))).toEqual(new Set(["readings", "state", "events", "results"]));
  for (const { kind, value } of heard) {
    expect(new ForeignEvent(value).validate()).toBe(true);
    expect(value).toMatchObject({ source: `/gateways/${rigGateway}`, type: `org.carepost.${kind}.v1` });
  }
  expect(new Set(heard.map(({ value }) => value["id"])).size).toBe(heard.length);
  const batches = heard.filter(({ kind }) => kind === "readings").map(({ value }) => value);
  for (const { id, time, data } of batches) {
    expect([id, time]).toEqual([Object(data).batch, "2026-01-01T00:00:00.000Z"]);
  }
  expect(rig.outbox.delivered.size).toBe(3);
});

test("while the clock is not trusted no message bears a time", async () => {
  const { heard } = await converse({});
  expect(heard.length).toBeGreaterThan(3);
  for (const { value } of heard) expect(value).not.toHaveProperty("time");
});

test("for an ingestion end that knows none, messages go without an envelope", async () => {
  const { heard, rig } = await converse({ forwarder: { envelope: "plain" } });
  expect(heard.length).toBeGreaterThan(3);
  for (const { value } of heard) {
    expect(value).toMatchObject({ v: 1 });
    expect(value).not.toHaveProperty("specversion");
  }
  expect(rig.outbox.delivered.size).toBe(3);
});

test("a batch that MQTT delivers again is the same octets, so it has the same id and source", async () => {
  const rig = createUplinkRig();
  const texts: string[] = [];
  rig.broker.subscribe(`carepost/v1/${rigGateway}/readings`, ({ payload }) => {
    texts.push(Buffer.from(payload).toString());
  });
  rig.broker.faults.publish = ({ topic }) => (topic.endsWith("/readings") ? { deliveries: 2 } : {});
  rig.add("fresh", 1);
  rig.start();
  await rig.clock.advance(1_000);
  expect(texts).toHaveLength(2);
  expect(texts[0]).toBe(texts[1]);
  await rig.stop();
});

test("no envelope adds more than it said, and what it makes is whole JSON", () => {
  const origin = fc.record({
    gateway: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
    bootId: fc.stringMatching(/^[A-Za-z0-9_-]{1,52}$/),
    form: fc.constantFrom("cloudevents", "plain"),
  });
  const time = fc.option(fc.integer({ min: Date.UTC(0, 0, 1), max: Date.UTC(9999, 11, 31) }));
  fc.assert(
    fc.property(origin, time, ({ gateway, bootId, form }, at) => {
      const batches = new BatchMaker({ gateway, bootId, form, trustedNow: () => at });
      const body = Buffer.from('{"n":1},{"n":"ü"}');
      const length = body.byteLength;
      const envelope = batches.envelope(batches.nextId(), body);
      expect(envelope.byteLength - length).toBeLessThanOrEqual(batches.overheadBytesMax);
      const value = JSON.parse(Buffer.from(envelope).toString());
      expect(form === "plain" ? value : value.data).toMatchObject({ gateway, readings: [{ n: 1 }, { n: "ü" }] });
    }),
    { seed: 20_261_122 },
  );
});

test("the largest batch stays within the bound of the contract, envelope and all", async () => {
  const rig = createUplinkRig({ forwarder: { batchReadingsMax: 500 } });
  const sizes: number[] = [];
  rig.broker.subscribe(`carepost/v1/${rigGateway}/readings`, ({ payload }) => void sizes.push(payload.byteLength));
  for (let n = 1; n <= 300; n += 1) rig.outbox.add("backfill", JSON.stringify({ n, padding: "x".repeat(1_000) }));
  rig.start();
  await rig.clock.advance(5_000);
  expect(rig.outbox.delivered.size).toBe(300);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(batchBytesMax);
  expect(Math.max(...sizes)).toBeGreaterThan(batchBytesMax - 1_100);
  await rig.stop();
});
