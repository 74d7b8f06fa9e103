import { expect, test } from "vitest";
import { RateLimit } from "../../../cloud-sync/ingest/rate-limit.ts";

test("so many a second are let through, evenly after a rush, and never more than a second's worth at once", () => {
  let nowMs = 0;
  const limit = new RateLimit({ monotonicMs: () => nowMs }, 10);
  const taken = (): number => Array.from({ length: 100 }, () => limit.take()).filter(Boolean).length;
  expect(taken()).toBe(10);
  nowMs += 250;
  expect(taken()).toBe(2);
  nowMs += 50;
  expect(taken()).toBe(1);
  nowMs += 3_600_000;
  expect(taken()).toBe(10);
});
