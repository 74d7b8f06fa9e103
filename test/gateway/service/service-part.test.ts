import { expect, test } from "vitest";
import { restingUplink, type ServiceRig, sessionMsMax, startService, watchdogMs } from "./service-rig.ts";

const hourMs = 3_600_000;

/** Would the manager have restarted it within the time? */
async function isRestarted(rig: ServiceRig, withinMs: number): Promise<boolean> {
  const endMs = rig.clock.monotonicMs() + withinMs;
  while (rig.clock.monotonicMs() < endMs) {
    await rig.clock.advance(1_000);
    const lastMs = rig.lastSignMs();
    if (lastMs !== null && rig.clock.monotonicMs() - lastMs > watchdogMs) return true;
  }
  return false;
}

test("a gateway that works says so once, and then gives a sign of life at least in half the watchdog's time", async () => {
  const rig = startService();
  await rig.clock.advance(10 * watchdogMs);
  expect(rig.told[0]?.assignments).toEqual(["READY=1", "WATCHDOG=1", "STATUS=Radio up, broker connected, 3 waiting"]);
  expect(rig.told.slice(1).every(({ assignments }) => assignments.join() === "WATCHDOG=1")).toBe(true);
  const gapsMs = rig.told.slice(1).map(({ atMs }, beat) => atMs - (rig.told[beat]?.atMs ?? 0));
  expect(Math.max(...gapsMs)).toBe(watchdogMs / 2);
  expect(gapsMs.slice(8).every((gapMs) => gapMs === watchdogMs / 2)).toBe(true);
  expect(gapsMs.length).toBeGreaterThan(20);
  await rig.stop();
  expect(rig.told.at(-1)?.assignments[0]).toBe("STOPPING=1");
});

test("it is not ready before the store answers", async () => {
  const rig = startService({ begins: { storeAnswers: "with an error" } });
  await rig.clock.advance(20_000);
  expect(rig.told.flatMap(({ assignments }) => assignments)).not.toContain("READY=1");
  rig.state.storeAnswers = "at once";
  await rig.clock.advance(watchdogMs);
  expect(rig.told.flatMap(({ assignments }) => assignments).filter((text) => text === "READY=1")).toHaveLength(1);
  await rig.stop();
});

test("a store whose thread hangs gets the gateway restarted, and is not asked again and again", async () => {
  const rig = startService();
  await rig.clock.advance(hourMs);
  rig.state.storeAnswers = "never";
  const asked = rig.questions();
  expect(await isRestarted(rig, 2 * watchdogMs)).toBe(true);
  expect(rig.questions() - asked).toBe(1);
  expect(rig.log.lines).toMatchObject([{ level: "error", event: "life-sign-withheld", fields: { reason: "store" } }]);
  expect(rig.told.at(-1)?.assignments).toEqual(["STATUS=The store does not answer"]);
  await rig.stop();
});

test("a collector that has begun nothing for longer than its longest visit gets the gateway restarted", async () => {
  const rig = startService();
  rig.state.collectorMoves = false;
  expect(await isRestarted(rig, sessionMsMax)).toBe(false);
  expect(await isRestarted(rig, hourMs)).toBe(true);
  expect(rig.log.lines.at(-1)?.fields).toEqual({ reason: "collector" });
  await rig.stop();
});

test("a forwarder that hangs in an attempt to connect, or over batches under way, gets it restarted", async () => {
  const underWay = { batches: 2, readings: 9, bytes: 900 };
  const hung = [
    { ...restingUplink, connection: null },
    { ...restingUplink, connection: null, nextAttemptInMs: -60_000 },
    { ...restingUplink, underWay },
  ];
  for (const uplink of hung) {
    const rig = startService();
    await rig.clock.advance(hourMs);
    rig.state.uplink = uplink;
    expect(await isRestarted(rig, hourMs)).toBe(true);
    expect(rig.log.lines.at(-1)?.fields).toEqual({ reason: "forwarder" });
    await rig.stop();
  }
});

test("what a restart would not mend is no reason for one: a broker away for days, a full disk, a slow drain", async () => {
  const rig = startService();
  await rig.clock.advance(hourMs);
  rig.state.uplink = { ...restingUplink, connection: null, nextAttemptInMs: 200_000 };
  rig.state.alarm = "disk-full";
  expect(await isRestarted(rig, 3 * 24 * hourMs)).toBe(false);
  expect(rig.told.flatMap(({ assignments }) => assignments)).toContain(
    "STATUS=Radio up, broker away, 3 waiting, store takes nothing: disk-full",
  );
  for (let readings = 0; readings < 60; readings += 1) {
    const underWay = { batches: 16, readings, bytes: 1 };
    rig.state.uplink = { ...restingUplink, underWay };
    expect(await isRestarted(rig, watchdogMs)).toBe(false);
  }
  await rig.stop();
});

test("without a watchdog only news is told", async () => {
  const rig = startService({ watchdogMs: null });
  await rig.clock.advance(hourMs);
  expect(rig.told.map(({ assignments }) => assignments)).toEqual([
    ["READY=1", "STATUS=Radio up, broker connected, 3 waiting"],
  ]);
  await rig.stop();
});

test("a manager that cannot be reached is complained of once, and told when it is there", async () => {
  const rig = startService({ begins: { managerHears: false } });
  await rig.clock.advance(10 * watchdogMs);
  expect(rig.log.lines).toMatchObject([{ level: "warn", event: "service-manager-unreachable" }]);
  rig.state.managerHears = true;
  await rig.clock.advance(watchdogMs);
  expect(rig.told[0]?.assignments).toContain("READY=1");
  await rig.stop();
});
