import { createHash } from "node:crypto";
import type { NewReading } from "../../gateway/store/store.ts";
import { bloodPressure } from "../cloud-sync/ingest/sample-readings.ts";

/** A reading as the collector makes it, different for every index, with an id that is spread as a hash is. */
export function newReading(index: number): NewReading {
  const hash = createHash("sha1").update(String(index)).digest("hex");
  const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  const at = new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString();
  const reading = bloodPressure(index % 65_536, {
    id,
    systolic: { value: String(100 + (index % 60)), unit: "mmHg" },
    time: {
      device: at.slice(0, 19),
      deviceOffsetMin: null,
      received: at,
      clockOffsetMs: 200,
      clockMethod: "current-time",
      measured: at,
      uncertaintyMs: 1000,
      basis: "device",
    },
  });
  return { reading, lane: "backfill", disposition: "deliver", bootId: "bench", receivedMonotonicMs: index };
}
