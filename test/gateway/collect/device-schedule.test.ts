import { expect, test } from "vitest";
import type { Advertisement } from "../../../device-drivers/ports/gatt.ts";
import { DeviceSchedule } from "../../../gateway/collect/device-schedule.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";

const options = { presenceMs: 10_000, revisitMs: 10_000, revisitMsMax: 60_000, retryMs: 1_000, retryMsMax: 30_000 };

const advertisement = (address: string): Advertisement => ({
  address,
  addressKind: "public",
  name: null,
  services: ["1808"],
  rssiDbm: -60,
});

function stage(): { readonly clock: VirtualClock; readonly schedule: DeviceSchedule } {
  const clock = createVirtualClock(0);
  return { clock, schedule: new DeviceSchedule(clock, () => 1, options) };
}

test("a device that is heard is due, and one that is silent is not near", async () => {
  const { clock, schedule } = stage();
  expect(schedule.next()).toBeNull();
  expect(schedule.heard(advertisement("a"))).toBe(true);
  expect(schedule.heard(advertisement("a"))).toBe(false);
  expect(schedule.next()?.address).toBe("a");
  await clock.advance(10_001);
  expect(schedule.next()).toBeNull();
});

test("devices take turns, however loud one of them is", async () => {
  const { clock, schedule } = stage();
  const visits: string[] = [];
  for (let round = 0; round < 9; round += 1) {
    for (const address of ["a", "a", "b", "c"]) schedule.heard(advertisement(address));
    schedule.hurry();
    const next = schedule.next()?.address ?? "";
    visits.push(next);
    await clock.advance(1_000);
    schedule.visited(next, "found-new");
  }
  expect(visits.join("")).toBe("abcabcabc");
});

async function dueAfter({ clock, schedule }: ReturnType<typeof stage>): Promise<number> {
  for (let waitedMs = 0; waitedMs < 10_000_000; waitedMs += 500) {
    schedule.heard(advertisement("a"));
    if (schedule.next() !== null) return waitedMs;
    await clock.advance(500);
  }
  return Infinity;
}

test("a device that keeps advertising and has nothing new is visited ever less often, up to a bound", async () => {
  const at = stage();
  at.schedule.heard(advertisement("a"));
  const waits: number[] = [];
  for (let visit = 0; visit < 5; visit += 1) {
    at.schedule.visited("a", "found-nothing");
    waits.push(await dueAfter(at));
  }
  expect(waits).toEqual([20_000, 40_000, 60_000, 60_000, 60_000]);
  at.schedule.visited("a", "found-new");
  expect(await dueAfter(at)).toBe(10_000);
});

test("a device that was silent and is heard again is due at once", async () => {
  const { clock, schedule } = stage();
  schedule.heard(advertisement("a"));
  schedule.visited("a", "found-nothing");
  await clock.advance(11_000);
  expect(schedule.heard(advertisement("a"))).toBe(true);
  expect(schedule.next()?.address).toBe("a");
});

test("a device that fails waits longer each time, also if it sleeps in between, up to a bound", async () => {
  const at = stage();
  at.schedule.heard(advertisement("a"));
  const waits: number[] = [];
  for (let visit = 0; visit < 6; visit += 1) {
    at.schedule.visited("a", "failed");
    waits.push(await dueAfter(at));
  }
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("a device that fell asleep before it could be visited is not a failing one, and is not chased", async () => {
  const at = stage();
  at.schedule.heard(advertisement("a"));
  at.schedule.visited("a", "absent");
  await at.clock.advance(1_000);
  expect(at.schedule.next()).toBeNull();
  expect(at.schedule.heard(advertisement("a"))).toBe(true);
  expect(at.schedule.next()?.address).toBe("a");
  at.schedule.visited("a", "absent");
  at.schedule.heard(advertisement("a"));
  expect(at.schedule.next()).toBeNull();
});

test("a stranger is left alone for an hour, also when it comes and goes", async () => {
  const { clock, schedule } = stage();
  schedule.heard(advertisement("a"));
  schedule.visited("a", "not-ours");
  await clock.advance(1_800_000);
  schedule.heard(advertisement("a"));
  expect(schedule.next()).toBeNull();
  await clock.advance(1_800_000);
  schedule.heard(advertisement("a"));
  expect(schedule.next()?.address).toBe("a");
});

test("a stranger that never tells who it is counts as none of ours after the third time", async () => {
  const at = stage();
  at.schedule.heard(advertisement("a"));
  expect(at.schedule.visited("a", "untold")).toBe("untold");
  expect(await dueAfter(at)).toBe(2_000);
  expect(at.schedule.visited("a", "untold")).toBe("untold");
  expect(await dueAfter(at)).toBe(4_000);
  expect(at.schedule.visited("a", "untold")).toBe("not-ours");
  expect(await dueAfter(at)).toBe(3_600_000);
  expect(at.schedule.visited("a", "untold")).toBe("not-ours");
});

test("a device that was taken for a stranger is due at once when it becomes ours, and stays ours", async () => {
  const { clock, schedule } = stage();
  schedule.heard(advertisement("a"));
  schedule.visited("a", "not-ours");
  expect(schedule.next()).toBeNull();
  schedule.expect("a");
  expect(schedule.isKnown("a")).toBe(true);
  expect(schedule.next()?.address).toBe("a");
  schedule.visited("a", "found-nothing");
  await clock.advance(11_000);
  schedule.heard(advertisement("a"));
  expect(schedule.next()?.address).toBe("a");
});

test("a flood of addresses displaces those that were heard least recently, and no more is kept", async () => {
  const { clock, schedule } = stage();
  schedule.heard(advertisement("first"));
  for (let count = 0; count < 5_000; count += 1) {
    await clock.advance(1);
    schedule.heard(advertisement(`flood-${count}`));
    if (count % 100 === 0) schedule.heard(advertisement("ours"));
  }
  expect(schedule.heard(advertisement("ours"))).toBe(false);
  expect(schedule.heard(advertisement("first"))).toBe(true);
});

test("a device that is gone again and again when it is called waits longer each time, up to a bound", async () => {
  const at = stage();
  at.schedule.heard(advertisement("a"));
  const waits: number[] = [];
  for (let visit = 0; visit < 6; visit += 1) {
    at.schedule.visited("a", "absent");
    waits.push(await dueAfter(at));
  }
  expect(waits).toEqual([1_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  at.schedule.visited("a", "found-new");
  await dueAfter(at);
  at.schedule.visited("a", "absent");
  expect(await dueAfter(at)).toBe(1_000);
});

test("known devices take turns with strangers, however many strangers there are", async () => {
  const { clock, schedule } = stage();
  schedule.know(["ours-1", "ours-2"]);
  const visits: string[] = [];
  for (let round = 0; round < 8; round += 1) {
    for (let count = 0; count < 50; count += 1) schedule.heard(advertisement(`stranger-${round}-${count}`));
    for (const address of ["ours-1", "ours-2"]) schedule.heard(advertisement(address));
    schedule.hurry();
    const next = schedule.next()?.address ?? "";
    visits.push(next.replace(/-\d+-\d+$/, ""));
    await clock.advance(100);
    schedule.visited(next, next.startsWith("ours") ? "found-nothing" : "absent");
  }
  expect(visits).toEqual(["ours-1", "stranger", "ours-2", "stranger", "ours-1", "stranger", "ours-2", "stranger"]);
});

test("a flood of strangers displaces no device that was read before, however long ago it was heard", () => {
  const { schedule } = stage();
  schedule.know(["ours"]);
  schedule.heard(advertisement("ours"));
  schedule.visited("ours", "failed");
  for (let count = 0; count < 5_000; count += 1) schedule.heard(advertisement(`flood-${count}`));
  expect(schedule.heard(advertisement("ours"))).toBe(false);
  expect(schedule.isKnown("ours")).toBe(true);
  expect(schedule.isDue("ours")).toBe(false);
});

test("a device that is taken is passed over", () => {
  const { schedule } = stage();
  schedule.heard(advertisement("a"));
  schedule.heard(advertisement("b"));
  expect(schedule.next((address) => address === "a")?.address).toBe("b");
  expect(schedule.next(() => true)).toBeNull();
});

test("who asks for a device that was heard of late is not given one that may have gone", async () => {
  const { clock, schedule } = stage();
  schedule.heard(advertisement("a"));
  await clock.advance(2_000);
  const nobody = (): boolean => false;
  expect(schedule.next(nobody, 1_000)).toBeNull();
  expect(schedule.next(nobody)?.address).toBe("a");
  schedule.heard(advertisement("b"));
  expect(schedule.next(nobody, 1_000)?.address).toBe("b");
});
