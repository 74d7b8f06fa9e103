import { expect, test } from "vitest";
import { followReadings } from "../../../cloud-sync/ingest/follow-readings.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { createMemorySink } from "../../doubles/memory-sink.ts";
import { glucose, readingId } from "./sample-readings.ts";

test("a feed gives what there is, then what comes, in the order of commit, and ends when it is told to", async () => {
  const clock = createVirtualClock(0);
  const sink = createMemorySink({ clock });
  const commit = (n: number, revision = 1): Promise<unknown> =>
    sink.commit([{ gateway: "gw-1", reading: glucose(n, { revision }) }]);
  for (let n = 0; n < 300; n += 1) await commit(n);
  const ending = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    const feed = followReadings(sink, { clock, signal: ending.signal, afterPosition: 0, pollMs: 100 });
    for await (const { reading } of feed) seen.push(`${reading.id} ${reading.revision}`);
  })();
  await clock.settle();
  expect(seen).toHaveLength(300);
  await commit(300);
  await commit(0, 2);
  await clock.advance(100);
  expect(seen.slice(300)).toEqual([`${readingId(300)} 1`, `${readingId(0)} 2`]);
  ending.abort();
  await following;
  await commit(301);
  expect(seen).toHaveLength(302);
  expect(clock.sleepers()).toBe(0);
});

test("a feed that starts at the last position gives only what is new", async () => {
  const clock = createVirtualClock(0);
  const sink = createMemorySink({ clock });
  await sink.commit([{ gateway: "gw-1", reading: glucose(1) }]);
  const feed = followReadings(sink, {
    clock,
    signal: new AbortController().signal,
    afterPosition: await sink.lastPosition(),
  });
  await sink.commit([{ gateway: "gw-1", reading: glucose(2) }]);
  expect(await feed.next()).toMatchObject({ value: { reading: { id: readingId(2) } } });
  await feed.return();
});
