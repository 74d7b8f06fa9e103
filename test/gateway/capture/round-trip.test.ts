import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { expect, test } from "vitest";
import { addMinutes } from "../../../device-drivers/kit/date-time.ts";
import type { DeviceDriver } from "../../../device-drivers/kit/driver.ts";
import type { DeviceDateTime } from "../../../device-drivers/measurement/device-time.ts";
import type { Measurement } from "../../../device-drivers/measurement/measurement.ts";
import { bloodPressureDriver } from "../../../device-drivers/profiles/blood-pressure/driver.ts";
import { glucoseDriver } from "../../../device-drivers/profiles/glucose/driver.ts";
import { readFixture } from "../../../gateway/capture/fixture.ts";
import type { VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";
import { replayDevices } from "../../../simulators/replay/replay-device.ts";
import { collectFrom } from "../../device-drivers/collecting.ts";
import { capture, cuffWith, fixtureFile, meterWith, newClock } from "./capture-stage.ts";

/** A device that is captured, and then played, gives a driver what it gave the first time. */

const kinds: readonly (readonly [
  name: string,
  driver: DeviceDriver,
  make: (clock: VirtualClock) => VirtualPeripheral,
])[] = [
  ["a meter", glucoseDriver, (clock) => meterWith(7, clock)],
  [
    "a meter whose contexts come after its answer",
    glucoseDriver,
    (clock) => meterWith(4, clock, { contexts: { order: "after-the-answer", burst: 8, delayMs: 200 } }),
  ],
  ["an empty meter", glucoseDriver, (clock) => meterWith(0, clock)],
  ["a cuff that dumps its memory", bloodPressureDriver, (clock) => cuffWith(5, clock)],
  ["a cuff with record access", bloodPressureDriver, (clock) => cuffWith(5, clock, { recordAccess: {} })],
];

function played(path: string, clock: VirtualClock): VirtualPeripheral {
  const [device] = replayDevices(path, clock);
  if (device === undefined) throw new Error(`${path} plays nothing.`);
  return device.peripheral;
}

test.for(kinds)("%s gives the same measurements when it is played", async ([, driver, make]) => {
  const ownClock = newClock();
  const direct = await collectFrom(driver, make(ownClock), { clock: ownClock });
  const clock = newClock();
  const session = await capture(make(clock), { clock });
  expect(session.failure).toBeNull();
  const path = fixtureFile(session);
  expect(readFixture(path)).toMatchObject({ profile: driver.name, outcome: "complete", device: "Example EX-65" });
  const replayed = await collectFrom(driver, played(path, clock), { clock });
  expect(replayed.measurements).toEqual(direct.measurements);
  expect(replayed.end).toEqual(direct.end);
});

test("with its dates moved, only the dates of its measurements are different", async () => {
  const clock = newClock();
  for (const [, driver, make] of kinds) {
    const session = await capture(make(clock), { clock });
    const measurements = async (shiftDays: number): Promise<readonly Measurement[]> => {
      const device = played(fixtureFile(session, { shiftDays }), clock);
      return (await collectFrom(driver, device, { clock })).measurements;
    };
    const plain = await measurements(0);
    const moved = await measurements(-400);
    const movedBack = moved.map((measurement) =>
      Object.assign({}, measurement, { frames: [], deviceTime: back(measurement.deviceTime, 400) }),
    );
    expect(movedBack).toEqual(plain.map((measurement) => Object.assign({}, measurement, { frames: [] })));
  }
});

const back = (time: DeviceDateTime | null, days: number): DeviceDateTime | null =>
  time === null ? null : addMinutes(time, days * 1_440);

test("a session that the device cuts off is kept as far as it went, and played so", async () => {
  const clock = newClock();
  const meter = meterWith(6, clock);
  meter.recordAccess.interruptNextReport({ type: "hang-up", afterRecords: 3 });
  const session = await capture(meter, { clock });
  expect(session.failure?.code).toBe("link-lost");
  expect(session.steps.at(-1)).toMatchObject({ op: "disconnect", by: "device" });
  const path = fixtureFile(session);
  expect(readFixture(path)).toMatchObject({ outcome: "link-lost", expected: { records: 3 } });
  const outcome = await collectFrom(glucoseDriver, played(path, clock), { clock });
  expect(outcome.error).toMatchObject({ code: "link-lost" });
  expect(outcome.measurements).toHaveLength(3);
});

test("a device that nobody has paired tells nothing, and that is what is said", async () => {
  const clock = newClock();
  const meter = meterWith(6, clock, { requiresBond: true });
  await expect(capture(meter, { clock, isStranger: true })).rejects.toMatchObject({ code: "capture-unpaired" });
});

test("one that ends the connection before its services are known is taken for unpaired too, and one that is away is not", async () => {
  const clock = newClock();
  const meter = meterWith(6, clock);
  const captured = (context: Readonly<Record<string, boolean>>): Promise<unknown> =>
    capture(meter, {
      clock,
      connect: () => Promise.reject(gattErrors.make("connect-timeout", "no link came about", { context })),
    });
  await expect(captured({ endedAtOnce: true })).rejects.toMatchObject({ code: "capture-unpaired" });
  await expect(captured({})).rejects.toMatchObject({ code: "connect-timeout" });
});

test("a session that is over before the device has shown all says so", async () => {
  const clock = newClock();
  const session = await capture(meterWith(6, clock, { recordAccess: { recordIntervalMs: 1_000 } }), {
    clock,
    sessionMs: 3_500,
  });
  expect(session.failure?.code).toBe("capture-time-up");
  expect(session.steps.some(({ op }) => op === "notify")).toBe(true);
});

test("what no device can send is not written, so that every capture that is there can be read", async () => {
  const clock = newClock();
  const session = await capture(meterWith(1, clock), { clock });
  const flood = { op: "notify", char: "2A18", hex: "00".repeat(601) } as const;
  expect(() => fixtureFile({ ...session, steps: [...session.steps, flood] })).toThrow(
    expect.objectContaining({ code: "capture-full" }),
  );
});
