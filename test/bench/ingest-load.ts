import { createHash } from "node:crypto";
import type { Delivery } from "../../cloud-sync/ingest/sink.ts";
import { bloodPressure } from "../cloud-sync/ingest/sample-readings.ts";

const gateways = 200;
const people = 1_000;
const days = 300;

/**
 * A reading of the cloud's end, different for every index: 200 gateways, 1,000 people. They come as they are measured,
 * a million in 300 days, and one in ten of them up to a month late.
 */
export function delivery(index: number): Delivery {
  const hash = createHash("sha1").update(`ingest ${index}`).digest("hex");
  const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  const person = index % people;
  const lateS = index % 10 === 0 ? (index * 7_919) % (30 * 86_400) : 0;
  const measured = new Date(oldest + (((index * 26) % (days * 86_400)) - lateS) * 1000).toISOString();
  const example = bloodPressure(index % 65_536, { id, person: `sim-${person}` });
  return {
    gateway: gatewayOf(index),
    reading: {
      ...example,
      systolic: { value: String(100 + (index % 60)), unit: "mmHg" },
      device: { ...example.device, id: `serial:SN-${person}` },
      time: { ...example.time, measured },
    },
  };
}

export const gatewayOf = (index: number): string => `gw-${index % gateways}`;

const oldest = Date.now() - days * 86_400_000;

/** Batches as they travel, of one gateway each. */
export function payloads(from: number, batches: number, readingsEach: number): readonly IngestMessage[] {
  return Array.from({ length: batches }, (_, batch) => {
    const gateway = gatewayOf(batch);
    const readings = Array.from({ length: readingsEach }, (__, n) => delivery(from + batch * readingsEach + n).reading);
    const envelope = { v: 1, batch: `bench-${from}-${batch}`, gateway, readings };
    return { gateway, readings: readingsEach, payload: new TextEncoder().encode(JSON.stringify(envelope)) };
  });
}

/**
 * What an ingestor takes before it is measured: one that has just started spends its time on being compiled, and on the
 * partitions of the months, which is not what it spends it on in the years that it runs. None of it is in the load.
 */
export const warmUp = (readingsEach: number): readonly IngestMessage[] => payloads(10_000_000, 100, readingsEach);

export interface IngestMessage {
  readonly gateway: string;
  readonly readings: number;
  readonly payload: Uint8Array;
}
