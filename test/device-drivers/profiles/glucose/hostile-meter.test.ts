import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CarepostError } from "../../../../device-drivers/kit/carepost-error.ts";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { toldFrames } from "../../collecting.ts";
import { allRequest, contextLine, count, countRequest, done, measurementLine, noRecords } from "../../glucose-lines.ts";
import { collect, knownUpTo, meter } from "../../glucose-rig.ts";
import { lines } from "../../scripted-device.ts";

/** What a meter may say while it is asked: records and contexts in any order, any number of times, and any octets. */
const octets = fc.uint8Array({ maxLength: 24 }).map(toHex);
const number = fc.constantFrom(0, 1, 2, 3, 65_535);
const record = fc
  .tuple(number, fc.boolean())
  .map(([sequenceNumber, contextFollows]) => measurementLine(sequenceNumber, { contextFollows }));
const context = fc
  .tuple(number, fc.constantFrom(1, 3))
  .map(([sequenceNumber, meal]) => contextLine(sequenceNumber, meal));
const noise = fc.tuple(fc.constantFrom("2A18 ", "2A34 ", "2A52 ", "2A52 06"), octets).map((parts) => parts.join(""));
const answer = fc.constantFrom(done, noRecords, "2A52 06000104", "2A52 06000307", "2A52 050003", count(3));
const speech = fc.array(fc.oneof(record, record, context, noise, answer), { maxLength: 10 });

const behaviour = fc.record({
  counted: speech,
  reported: speech,
  hangsUp: fc.boolean(),
  history: fc.option(number.map(knownUpTo), { nil: undefined }),
});

test("whatever a meter says, it ends in time, every frame that came is told, and nothing is deleted", async () => {
  await fc.assert(
    fc.asyncProperty(behaviour, async ({ counted, reported, hangsUp, history }) => {
      const device = meter({
        [countRequest]: lines(...counted, count(3)),
        [allRequest]: lines(...reported, hangsUp ? "hang up" : done),
      });
      const outcome = await collect(device, history === undefined ? {} : { history });
      expect(outcome.error === null || outcome.error instanceof CarepostError).toBe(true);
      expect(outcome.tookMs).toBeLessThan(5 * 60_000);
      const told = toldFrames(outcome);
      const arrived = [...device.arrived("2A18"), ...device.arrived("2A34")];
      expect(arrived.filter((frame) => !told.has(frame))).toEqual([]);
      // Report, abort and count: 02 would be the op code of Delete Stored Records.
      expect(device.requests.filter((request) => !/^0[134]/.test(request))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
