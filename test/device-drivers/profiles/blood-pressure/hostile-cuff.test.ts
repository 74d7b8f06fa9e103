import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CarepostError } from "../../../../device-drivers/kit/carepost-error.ts";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { bloodPressureDriver } from "../../../../device-drivers/profiles/blood-pressure/driver.ts";
import { collectFrom, toldFrames } from "../../collecting.ts";
import { declare, lines, ScriptedDevice } from "../../scripted-device.ts";

const octets = fc.uint8Array({ maxLength: 24 }).map(toHex);

/** Segments of two records of 2B34 in any order, whole ones, halves, those of another format, and any octets. */
const pressure = "007800500064004800";
const segment = fc
  .record({
    header: fc.constantFrom("01", "02", "03", "06", "09", "00", "FF"),
    sequenceNumber: fc.constantFrom("0700", "0800"),
    format: fc.constantFrom("342B", "352B"),
    data: fc.constantFrom(pressure, pressure.slice(0, 8), pressure.slice(8), ""),
  })
  .map(({ header, sequenceNumber, format, data }) => `2B36 ${header}${sequenceNumber}${format}${data}`);
const noise = fc.tuple(fc.constantFrom("2B36 ", "2A52 "), octets).map((parts) => parts.join(""));

test("whatever a cuff with record access says, it ends in time, and every segment that came is told", async () => {
  const table = declare("1810/2B36 notify", "1810/2A52 write,indicate");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(segment, segment, segment, noise), { maxLength: 12 }), async (reported) => {
      const device = new ScriptedDevice(table, {
        on: { "write 2A52 0401": "2A52 05000200", "write 2A52 0101": lines(...reported, "2A52 06000101") },
      });
      const outcome = await collectFrom(bloodPressureDriver, device);
      expect(outcome.error === null || outcome.error instanceof CarepostError).toBe(true);
      expect(outcome.tookMs).toBeLessThan(5 * 60_000);
      const told = toldFrames(outcome);
      expect(device.arrived("2B36").filter((frame) => !told.has(frame))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("whatever a cuff that tells by itself says, every frame that came is told", async () => {
  const table = declare("1810/2A35 indicate");
  const frame = fc.oneof(fc.constantFrom("00780050005A00", "0278004F005A00EA070701073A00", "00FF07FF07FF07"), octets);
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 12 }), fc.boolean(), async (sent, hangsUp) => {
      const ending = hangsUp ? ["hang up"] : [];
      const reaction = lines(...sent.map((hex) => `2A35 ${hex}`), ...ending);
      const device = new ScriptedDevice(table, { on: { "on 2A35": reaction } });
      const outcome = await collectFrom(bloodPressureDriver, device);
      expect(outcome.error === null || outcome.error instanceof CarepostError).toBe(true);
      const told = toldFrames(outcome);
      expect(device.arrived("2A35").filter((line) => !told.has(line))).toEqual([]);
      expect(device.arrived("2A35")).toHaveLength(sent.length);
    }),
    { numRuns: 200 },
  );
});
