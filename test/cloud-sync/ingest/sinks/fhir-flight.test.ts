import * as fc from "fast-check";
import { expect, test } from "vitest";
import { singleFlight } from "../../../../cloud-sync/ingest/sinks/fhir-flight.ts";

test("all tasks run, no two at once that share a key, in their order, and no more at a time than may", async () => {
  const keys = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(keys, { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      fc.scheduler(),
      async (all, most, s) => {
        const tasks = all.map((own, item) => ({ item, keys: own }));
        const underWay = new Set<number>();
        const begun: number[] = [];
        const work = s.scheduleFunction(async (item: number) => {
          await Promise.resolve();
          underWay.delete(item);
        });
        const run = singleFlight(tasks, most, async (item) => {
          for (const other of underWay)
            expect(all[item]?.filter((key) => all[other]?.includes(key) === true)).toEqual([]);
          underWay.add(item);
          begun.push(item);
          expect(underWay.size).toBeLessThanOrEqual(most);
          await work(item);
        });
        await s.waitFor(run);
        expect(begun.toSorted((a, b) => a - b)).toEqual(tasks.map(({ item }) => item));
        for (const key of ["a", "b", "c", "d"] as const) {
          const withKey = begun.filter((item) => all[item]?.includes(key) === true);
          expect(withKey).toEqual(withKey.toSorted((a, b) => a - b));
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("after a failure nothing more is begun, and what is under way is waited for", async () => {
  const begun: string[] = [];
  let isOver = false;
  const slow = Promise.withResolvers<void>();
  const run = singleFlight(
    [
      { item: "slow", keys: [] },
      { item: "bad", keys: [] },
      { item: "never", keys: [] },
    ],
    2,
    async (item) => {
      begun.push(item);
      if (item === "bad") throw new Error("bad");
      await slow.promise;
      isOver = true;
    },
  );
  setImmediate(() => slow.resolve());
  await expect(run).rejects.toThrow("bad");
  expect({ begun, isOver }).toEqual({ begun: ["slow", "bad"], isOver: true });
});
