import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { RepairRung } from "../../../gateway/radio/managed-radio.ts";
import { scriptedRadio, type Hang, type ScriptedRadio } from "../../doubles/scripted-radio.ts";
import { superviseForTest, type SupervisorRig } from "./supervisor-rig.ts";

const minuteMs = 60_000;
const hourMs = 3_600_000;
const repairsPerHourMax = 12;
/** The longest pause between two climbs here, a whole climb, and the hour's repairs that may be spent. */
const recoveryMsMax = 2 * hourMs;

type Blow =
  | { readonly type: "hang"; readonly radio: 0 | 1; readonly hang: Hang | null }
  | { readonly type: "neighbours"; readonly near: boolean }
  | { readonly type: "pull-out" | "plug-in" | "kill-daemon" | "start-daemon"; readonly radio: 0 | 1 };

interface Moment {
  readonly blow: Blow;
  readonly thenMs: number;
}

const radioNumber = fc.constantFrom<0 | 1>(0, 1);
const blow: fc.Arbitrary<Blow> = fc.oneof(
  fc.record({
    type: fc.constant("hang" as const),
    radio: radioNumber,
    hang: fc.constantFrom<Hang | null>("restart-scan", "power-cycle", "restart-daemon", "hardware", null),
  }),
  fc.record({ type: fc.constant("neighbours" as const), near: fc.boolean() }),
  fc.record({
    type: fc.constantFrom("pull-out" as const, "plug-in" as const, "kill-daemon" as const, "start-daemon" as const),
    radio: radioNumber,
  }),
);
const history: fc.Arbitrary<readonly Moment[]> = fc.array(
  fc.record({ blow, thenMs: fc.integer({ min: 0, max: 20 * minuteMs }) }),
  { minLength: 1, maxLength: 14 },
);

function strike(radios: readonly ScriptedRadio[], move: Blow): void {
  if (move.type === "neighbours") {
    for (const radio of radios) radio.neighbours(move.near);
    return;
  }
  const radio = radios[move.radio];
  if (radio === undefined) return;
  if (move.type === "hang") radio.hang(move.hang);
  else if (move.type === "pull-out") radio.pullOut();
  else if (move.type === "plug-in") radio.plugIn();
  else if (move.type === "kill-daemon") radio.killDaemon();
  else radio.startDaemon();
}

/** A collector's habits: it connects, works for a while, and leaves; whatever fails, it comes again. */
async function sessions({ clock, supervisor }: SupervisorRig, signal: AbortSignal): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    const limit = AbortSignal.any([signal, expiry(clock, 30_000, signal)]);
    await oneSession({ clock, supervisor }, limit, count).catch(() => undefined);
    await clock.sleep(45_000, signal).catch(() => undefined);
  }
}

async function oneSession(
  { clock, supervisor }: Pick<SupervisorRig, "clock" | "supervisor">,
  signal: AbortSignal,
  count: number,
): Promise<void> {
  const link = await supervisor.radio.connect("C0:00:00:00:00:01", signal);
  try {
    for (let step = 0; step < count % 5; step += 1) {
      await link.discover(signal);
      await clock.sleep(5_000, signal);
    }
  } finally {
    await link.close();
  }
}

function expiry(clock: SupervisorRig["clock"], limitMs: number, signal: AbortSignal): AbortSignal {
  const over = new AbortController();
  clock.sleep(limitMs, signal).then(
    () => over.abort(),
    () => undefined,
  );
  return over.signal;
}

interface Outcome {
  readonly recoveredInMs: number;
  readonly repairsMs: readonly number[];
  readonly cutLinks: number;
}

async function live(moments: readonly Moment[], rungs: readonly RepairRung[]): Promise<Outcome> {
  const radios: ScriptedRadio[] = [];
  const rig = superviseForTest(
    (clock) => {
      for (const adapter of ["hci0", "hci1"]) radios.push(scriptedRadio(clock, { adapter, rungs }));
      return radios;
    },
    { repairsPerHourMax, climbPauseMsMax: hourMs },
  );
  const over = new AbortController();
  const working = sessions(rig, over.signal);
  for (const { blow: move, thenMs } of moments) {
    strike(radios, move);
    await rig.clock.advance(thenMs);
  }
  for (const radio of radios) {
    radio.plugIn();
    radio.startDaemon();
    radio.neighbours(true);
    // What no repair can mend mends itself; what one can is left to it.
    radio.hang(rungs.includes("power-cycle") ? "power-cycle" : null);
  }
  const recoveredInMs = await untilHeardFor(rig, recoveryMsMax);
  over.abort();
  await rig.clock.runUntil(working);
  await rig.stop();
  return {
    recoveredInMs,
    repairsMs: radios.flatMap(({ repairs }) => repairs.map(({ atMs }) => atMs)),
    cutLinks: radios.reduce((sum, { cutLinks }) => sum + cutLinks, 0),
  };
}

async function untilHeardFor({ clock, heard }: SupervisorRig, limitMs: number): Promise<number> {
  await clock.advance(1);
  const before = heard();
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 10_000) {
    await clock.advance(10_000);
    if (heard() > before) return waitedMs;
  }
  return Infinity;
}

const mostInAnHour = (timesMs: readonly number[]): number =>
  Math.max(0, ...timesMs.map((fromMs) => timesMs.filter((ms) => ms >= fromMs && ms < fromMs + hourMs).length));

test.each([
  ["with every rung", ["restart-scan", "power-cycle", "restart-daemon"]],
  ["where it may do nothing but listen anew", ["restart-scan"]],
] as const)(
  "whatever befalls two adapters, %s: it recovers when they do, repairs in measure, and cuts no live session",
  async (_, rungs) => {
    await fc.assert(
      fc.asyncProperty(history, async (moments) => {
        const { recoveredInMs, repairsMs, cutLinks } = await live(moments, rungs);
        expect(recoveredInMs).toBeLessThan(recoveryMsMax);
        expect(mostInAnHour(repairsMs)).toBeLessThanOrEqual(repairsPerHourMax);
        expect(cutLinks).toBe(0);
      }),
      { numRuns: 40, seed: 20_261_122 },
    );
  },
  300_000,
);
