import { expect, test } from "vitest";
import { countRefusals } from "../../../cloud-sync/ingest/refusals.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { keptLog } from "../../doubles/kept-log.ts";

test("every refusal is counted, and a flood of one reason is one line in ten seconds, with their number", async () => {
  const clock = createVirtualClock(0);
  const log = keptLog();
  const refusals = countRefusals<"a" | "b">(clock, log);
  for (let n = 0; n < 1000; n += 1) refusals.add("a");
  refusals.add("b", "gw-1");
  await clock.advance(10_000);
  refusals.add("a");
  expect(refusals.counts()).toEqual({ a: 1001, b: 1 });
  expect(log.lines.map(({ fields }) => fields)).toEqual([
    { reason: "a", rejected: 1, gateway: null },
    { reason: "b", rejected: 1, gateway: "gw-1" },
    { reason: "a", rejected: 1000, gateway: null },
  ]);
});
