import { expect, test } from "vitest";
import type { GattLink } from "../../../device-drivers/ports/gatt.ts";
import { unattended } from "../../../gateway/pairing/watched-dialogue.ts";
import type { ManagedRadio, RepairRung } from "../../../gateway/radio/managed-radio.ts";
import {
  scriptedRadio,
  type Hang,
  type ScriptedRadio,
  type ScriptedRadioOptions,
} from "../../doubles/scripted-radio.ts";
import { superviseForTest, untilHeard, type SupervisorRig } from "./supervisor-rig.ts";

const allRungs: readonly RepairRung[] = ["restart-scan", "power-cycle", "restart-daemon"];
const minuteMs = 60_000;
const hourMs = 3_600_000;

interface OneRadio extends SupervisorRig {
  readonly radio: ScriptedRadio;
}

function stage(
  options: Parameters<typeof superviseForTest>[1] = {},
  radioOptions: ScriptedRadioOptions = {},
): OneRadio {
  const made: ScriptedRadio[] = [];
  const rig = superviseForTest((clock) => {
    made.push(scriptedRadio(clock, { rungs: allRungs, ...radioOptions }));
    return made;
  }, options);
  const [radio] = made;
  if (radio === undefined) throw new Error("no radio was made");
  return { ...rig, radio };
}

const rungsTaken = (radio: ScriptedRadio): readonly RepairRung[] => radio.repairs.map(({ rung }) => rung);

test("a radio that hears is left alone, and is told to be up", async () => {
  const { clock, radio, supervisor, events, heard } = stage();
  await clock.advance(hourMs);
  expect(radio.repairs).toEqual([]);
  expect(heard()).toBeGreaterThan(3_500);
  expect(events).toEqual([{ type: "radio", state: "up", adapter: "hci0" }]);
  expect(supervisor.state()).toMatchObject({ condition: "up", trouble: null, adapter: "hci0", kind: "bluez" });
});

const recoveries: readonly (readonly [Hang, readonly RepairRung[], number])[] = [
  ["restart-scan", ["restart-scan"], 125_000],
  ["power-cycle", ["restart-scan", "power-cycle"], 150_000],
  ["restart-daemon", ["restart-scan", "power-cycle", "restart-daemon"], 175_000],
];

test.each(recoveries)(
  "what %s mends is mended by it, and by nothing harder, in time",
  async (hang, taken, withinMs) => {
    const rig = stage();
    await rig.clock.advance(minuteMs);
    rig.radio.hang(hang);
    const startedMs = rig.clock.monotonicMs();
    expect(await untilHeard(rig, hourMs)).toBeLessThanOrEqual(withinMs);
    expect(rungsTaken(rig.radio)).toEqual(taken);
    expect((rig.radio.repairs[0]?.atMs ?? Infinity) - startedMs).toBeLessThanOrEqual(120_000);
    await rig.clock.advance(2_000);
    const last = taken.at(-1) ?? "restart-scan";
    expect(rig.supervisor.state().repairs[last]).toEqual({ taken: 1, mended: 1 });
    expect(rig.events.filter(({ type }) => type === "radio-repair")).toMatchObject(
      taken.map((step) => ({ step, trouble: "silent", outcome: step === last ? "mended" : "no-use", adapter: "hci0" })),
    );
    expect(rig.log.lines.filter(({ event }) => event === "radio-repair")).toHaveLength(taken.length);
  },
);

test("a connection that somebody has left is no proof that a radio hears, however often it is told of", async () => {
  const rig = stage({ restMs: 10_000, listenMs: 10_000 }, { hasLeftOver: true });
  await rig.clock.advance(minuteMs);
  rig.radio.hang("power-cycle");
  await rig.clock.advance(10 * minuteMs);
  expect(rungsTaken(rig.radio)).toEqual(["restart-scan", "power-cycle"]);
  expect(rig.supervisor.state().repairs["restart-scan"]).toEqual({ taken: 1, mended: 0 });
  expect(rig.radio.isHealthy).toBe(true);
});

test("what mended it not long ago is tried first when it falls silent again", async () => {
  const rig = stage();
  for (let time = 0; time < 2; time += 1) {
    await rig.clock.advance(minuteMs);
    rig.radio.hang("power-cycle");
    await rig.clock.advance(1);
    await untilHeard(rig, hourMs);
  }
  expect(rungsTaken(rig.radio)).toEqual(["restart-scan", "power-cycle", "power-cycle"]);
});

test("a rung that the radio does not offer is not taken", async () => {
  const rig = stage({}, { rungs: ["restart-scan"] });
  rig.radio.hang("power-cycle");
  await rig.clock.advance(hourMs);
  expect(new Set(rungsTaken(rig.radio))).toEqual(new Set(["restart-scan"]));
});

test("in an empty home it does not hammer: each climb waits longer, up to hours, and the operator is told once", async () => {
  const rig = stage();
  rig.radio.neighbours(false);
  await rig.clock.advance(48 * hourMs);
  const climbs = rig.radio.repairs.filter(({ rung }) => rung === "restart-scan").map(({ atMs }) => atMs);
  const gapsMs = climbs.slice(1).map((atMs, index) => atMs - (climbs[index] ?? 0));
  expect(gapsMs[0]).toBeGreaterThanOrEqual(10 * minuteMs);
  expect(gapsMs).toEqual(gapsMs.toSorted((a, b) => a - b));
  expect(gapsMs.at(-1)).toBeGreaterThanOrEqual(6 * hourMs);
  expect(climbs.length).toBeLessThanOrEqual(14);
  expect(rig.supervisor.state()).toMatchObject({ condition: "silent", trouble: "silent" });
  expect(rig.log.lines.filter(({ level }) => level === "error")).toMatchObject([
    { event: "radio-not-mended", fields: { adapter: "hci0", delayMs: 600_000 } },
  ]);
  rig.radio.neighbours(true);
  expect(await untilHeard(rig, minuteMs)).toBeLessThanOrEqual(2_000);
  expect(rig.supervisor.state()).toMatchObject({ condition: "up", trouble: null });
});

test("a neighbour who is heard now and then does not make it climb again and again", async () => {
  const rig = stage();
  for (let round = 0; round < 24; round += 1) {
    rig.radio.neighbours(true);
    await rig.clock.advance(2_000);
    rig.radio.neighbours(false);
    await rig.clock.advance(5 * minuteMs - 2_000);
  }
  const climbs = rig.radio.repairs.filter(({ rung }) => rung === "restart-scan");
  expect(climbs.length).toBeLessThanOrEqual(12);
});

test("there are never more repairs in an hour than are allowed, and without any it only tells", async () => {
  const rig = stage({ repairsPerHourMax: 5, climbPauseMs: 1_000, climbPauseMsMax: 1_000 });
  rig.radio.hang("hardware");
  await rig.clock.advance(6 * hourMs);
  const takenMs = rig.radio.repairs.map(({ atMs }) => atMs);
  const most = Math.max(
    ...takenMs.map((fromMs) => takenMs.filter((ms) => ms >= fromMs && ms < fromMs + hourMs).length),
  );
  expect(most).toBe(3);
  expect(takenMs.length).toBeGreaterThan(12);
  expect(rig.log.lines.map(({ event }) => event)).toContain("radio-repairs-spent");

  const idle = stage({ repairsPerHourMax: 0 });
  idle.radio.hang("restart-scan");
  await idle.clock.advance(hourMs);
  expect(idle.radio.repairs).toEqual([]);
  expect(idle.supervisor.state().condition).toBe("silent");
});

test("an adapter that was pulled out is told at once, and used again within seconds of its return", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  rig.radio.pullOut();
  await rig.clock.advance(100);
  expect(rig.supervisor.state()).toMatchObject({ condition: "down", trouble: "adapter-gone" });
  await rig.clock.advance(20 * minuteMs);
  expect(new Set(rungsTaken(rig.radio))).toEqual(new Set(["restart-daemon"]));
  rig.radio.plugIn();
  expect(await untilHeard(rig, minuteMs)).toBeLessThanOrEqual(2_000);
  expect(rig.events.filter(({ type }) => type === "radio")).toEqual(
    ["up", "down", "up"].map((state) => ({ type: "radio", state, adapter: "hci0" })),
  );
});

test("a daemon that ends is started again at once where that is allowed, and else waited for", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  rig.radio.killDaemon();
  expect(await untilHeard(rig, hourMs)).toBeLessThanOrEqual(15_000);
  expect(rungsTaken(rig.radio)).toEqual(["restart-daemon"]);

  const other = stage({}, { rungs: ["restart-scan", "power-cycle"] });
  await other.clock.advance(minuteMs);
  other.radio.killDaemon();
  await other.clock.advance(hourMs);
  expect(other.radio.repairs).toEqual([]);
  other.radio.startDaemon();
  expect(await untilHeard(other, minuteMs)).toBeLessThanOrEqual(2_000);
});

test("an adapter that is back in an empty home counts as well, once it listens without a fault", async () => {
  const rig = stage();
  rig.radio.neighbours(false);
  rig.radio.pullOut();
  await rig.clock.advance(minuteMs);
  rig.radio.plugIn();
  await rig.clock.advance(20_000);
  expect(rig.supervisor.state()).toMatchObject({ condition: "up", trouble: null });
});

/** A session that asks for something every so often, until the signal is aborted or something fails. */
async function session({ clock }: OneRadio, link: GattLink, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await link.discover(signal);
    await clock.sleep(20_000, signal);
  }
}

test("a session that moves is not disturbed, however silent the air is; the repair comes when it is over", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  const link = await rig.clock.runUntil(
    rig.supervisor.radio.connect("C0:00:00:00:00:01", new AbortController().signal),
  );
  const over = new AbortController();
  const working = session(rig, link, over.signal).catch(() => undefined);
  rig.radio.neighbours(false);
  await rig.clock.advance(10 * minuteMs);
  expect(rig.radio.repairs).toEqual([]);
  over.abort();
  await rig.clock.runUntil(working);
  await link.close();
  await rig.clock.advance(5_000);
  expect(rungsTaken(rig.radio)[0]).toBe("restart-scan");
  expect(rig.radio.cutLinks).toBe(0);
});

test("a session that hangs with its adapter does not keep it from being repaired", async () => {
  const rig = stage();
  await rig.clock.advance(minuteMs);
  const link = await rig.clock.runUntil(
    rig.supervisor.radio.connect("C0:00:00:00:00:01", new AbortController().signal),
  );
  rig.radio.hang("power-cycle");
  const reading = link.discover(new AbortController().signal).catch((error: unknown) => error);
  expect(await untilHeard(rig, hourMs)).toBeLessThanOrEqual(150_000);
  expect(await reading).toMatchObject({ code: "link-lost" });
  expect(rig.radio.cutLinks).toBe(0);
});

test("a pairing is not cut by a repair, however long the person takes", async () => {
  const rig = superviseForTest((clock) => {
    const radio = scriptedRadio(clock, { rungs: ["restart-scan", "power-cycle"] });
    radio.neighbours(false);
    const pair: ManagedRadio["pair"] = async ({ address }) => {
      await clock.sleep(5 * minuteMs);
      return { address, addressKind: "public", name: null };
    };
    return [Object.assign(radio, { pair })];
  });
  const request = { address: "C0:00:00:00:00:01", io: "no-input-no-output" } as const;
  const pairing = rig.supervisor.active().pair(request, unattended, new AbortController().signal);
  await rig.clock.advance(5 * minuteMs - 1);
  expect(rig.events.filter(({ type }) => type === "radio-repair")).toEqual([]);
  await rig.clock.advance(minuteMs);
  expect(rig.events.filter(({ type }) => type === "radio-repair")).not.toEqual([]);
  await expect(pairing).resolves.toMatchObject({ address: request.address });
});

test("whoever connects while a repair is under way waits until it is done", async () => {
  const rig = stage({}, { rungs: ["power-cycle"] });
  rig.radio.hang("power-cycle");
  while (rig.radio.repairs.length === 0) await rig.clock.advance(500);
  const connecting = rig.supervisor.radio.connect("C0:00:00:00:00:01", new AbortController().signal);
  await rig.clock.advance(1_000);
  expect(rig.radio.openLinks).toBe(0);
  const link = await rig.clock.runUntil(connecting, 10_000);
  expect(rig.radio.openLinks).toBe(1);
  await link.close();
});

test("a repair that does not end is given up, and the next rung is taken", async () => {
  const stuck: RepairRung[] = [];
  const rig = superviseForTest((clock) => {
    const radio = scriptedRadio(clock, { rungs: ["restart-scan", "power-cycle"] });
    radio.hang("hardware");
    const repair = (rung: RepairRung): Promise<void> => {
      stuck.push(rung);
      return new Promise(() => undefined);
    };
    return [Object.assign(radio, { repair })];
  });
  await rig.clock.advance(5 * minuteMs);
  expect(stuck).toEqual(["restart-scan", "power-cycle"]);
  expect(rig.events.filter(({ type }) => type === "radio-repair")).toMatchObject([
    { outcome: "failed" },
    { outcome: "failed" },
  ]);
});

test("with a duty cycle it rests between listening, and only listening counts as silence", async () => {
  const rig = stage({ listenMs: 10_000, restMs: 50_000 });
  rig.radio.neighbours(false);
  await rig.clock.advance(8 * minuteMs);
  expect(rig.radio.repairs).toEqual([]);
  await rig.clock.advance(minuteMs);
  expect(rig.radio.repairs.length).toBeGreaterThan(0);

  const other = stage({ listenMs: 10_000, restMs: 50_000 });
  await other.clock.advance(10 * minuteMs);
  expect(other.heard()).toBeGreaterThanOrEqual(95);
  expect(other.heard()).toBeLessThanOrEqual(115);
});
