import { expect, test } from "vitest";
import type { RepairRung } from "../../../gateway/radio/managed-radio.ts";
import { scriptedRadio, type ScriptedRadio } from "../../doubles/scripted-radio.ts";
import { superviseForTest, untilHeard, type SupervisorRig } from "./supervisor-rig.ts";

const rungs: readonly RepairRung[] = ["restart-scan", "power-cycle"];
const minuteMs = 60_000;
const hourMs = 3_600_000;

interface TwoRadios extends SupervisorRig {
  readonly first: ScriptedRadio;
  readonly second: ScriptedRadio;
}

function stage(options: Parameters<typeof superviseForTest>[1] = {}): TwoRadios {
  const made: ScriptedRadio[] = [];
  const rig = superviseForTest((clock) => {
    made.push(scriptedRadio(clock, { adapter: "hci0", rungs }), scriptedRadio(clock, { adapter: "hci1", rungs }));
    return made;
  }, options);
  const [first, second] = made;
  if (first === undefined || second === undefined) throw new Error("no radios were made");
  return { ...rig, first, second };
}

const switches = ({ events }: SupervisorRig): readonly string[] =>
  events.flatMap((event) => (event.type === "radio-adapter" ? [`${event.adapter} ${event.why}`] : []));

test("a dead adapter is left for the second, after what is gentler did not help", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  rig.first.hang("hardware");
  await rig.clock.advance(1);
  expect(await untilHeard(rig, hourMs)).toBeLessThanOrEqual(180_000);
  expect(rig.first.repairs.map(({ rung }) => rung)).toEqual(rungs);
  await rig.clock.advance(2_000);
  expect(rig.supervisor.state()).toMatchObject({
    adapter: "hci1",
    condition: "up",
    repairs: { "switch-adapter": { taken: 1, mended: 1 } },
  });
  expect(rig.supervisor.active().adapter).toBe("hci1");
  const link = await rig.clock.runUntil(
    rig.supervisor.radio.connect("C0:00:00:00:00:01", new AbortController().signal),
  );
  expect([rig.first.openLinks, rig.second.openLinks]).toEqual([0, 1]);
  await link.close();
});

test("an adapter that was pulled out is left at once, and used again a minute after it is back", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  rig.first.pullOut();
  expect(await untilHeard(rig, hourMs)).toBeLessThanOrEqual(2_000);
  await rig.clock.advance(4 * minuteMs);
  expect(switches(rig)).toEqual(["hci1 fallback"]);
  rig.first.plugIn();
  await rig.clock.advance(minuteMs - 1_000);
  expect(switches(rig)).toEqual(["hci1 fallback"]);
  await rig.clock.advance(minuteMs);
  expect(switches(rig)).toEqual(["hci1 fallback", "hci0 return"]);
});

test("the first adapter is tried again after a while, repaired if it must be, and nothing is missed meanwhile", async () => {
  const rig = stage();
  await leaveFirst(rig);
  rig.first.hang("power-cycle");
  const heardBefore = rig.heard();
  await rig.clock.advance(12 * minuteMs);
  expect(switches(rig)).toEqual(["hci1 fallback", "hci0 return"]);
  expect(rig.heard() - heardBefore).toBeGreaterThanOrEqual(11 * 60);
});

test("a first adapter that does not last after its return gets ever more time", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  const awayMs: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    rig.first.hang("hardware");
    while (rig.supervisor.state().adapter === "hci0") await rig.clock.advance(1_000);
    const leftMs = rig.clock.monotonicMs();
    rig.first.hang(null);
    while (rig.supervisor.state().adapter === "hci1") await rig.clock.advance(1_000);
    awayMs.push(Math.round((rig.clock.monotonicMs() - leftMs) / minuteMs));
  }
  expect(awayMs).toEqual([10, 20, 40]);
});

test("in an empty home the second adapter is tried and left again", async () => {
  const rig = stage();
  rig.first.neighbours(false);
  rig.second.neighbours(false);
  await rig.clock.advance(hourMs);
  expect(rig.supervisor.state()).toMatchObject({ adapter: "hci0", condition: "silent" });
  expect(rig.supervisor.state().repairs["switch-adapter"]).toMatchObject({ mended: 0 });
  rig.first.neighbours(true);
  expect(await untilHeard(rig, minuteMs)).toBeLessThanOrEqual(2_000);
  expect(switches(rig)).toEqual([]);
});

test("a session on the second adapter goes on when the first is used again", async () => {
  const rig = stage();
  await leaveFirst(rig);
  rig.first.hang(null);
  const never = new AbortController().signal;
  const link = await rig.clock.runUntil(rig.supervisor.radio.connect("C0:00:00:00:00:01", never));
  for (let round = 0; round < 40; round += 1) {
    await rig.clock.runUntil(link.discover(never));
    await rig.clock.advance(20_000);
  }
  expect(switches(rig)).toEqual(["hci1 fallback", "hci0 return"]);
  expect([rig.second.cutLinks, rig.second.openLinks]).toEqual([0, 1]);
  await link.close();
});

async function leaveFirst(rig: TwoRadios): Promise<void> {
  await rig.clock.advance(minuteMs);
  rig.first.hang("hardware");
  while (rig.supervisor.state().adapter === "hci0") await rig.clock.advance(1_000);
}
