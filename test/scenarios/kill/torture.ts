import { rmSync } from "node:fs";
import { hasStrace } from "../power-cut/power-cut.ts";
import {
  cutEverything,
  killAtSystemCalls,
  powerCutFlaws,
  type PowerCutsReport,
  straceIsMissing,
  syncKillFlaws,
  type SyncKillsReport,
} from "../power-cut/power-cuts.ts";
import { flawsOf, type KillOptions, type KillReport, runKills } from "./kill-run.ts";
import { tempers } from "./schedule.ts";

export interface TortureOptions {
  readonly cycles: number;
  /** Of each database. */
  readonly powerCuts: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly tell: (progress: string) => void;
}

export interface Torture {
  readonly kills: KillReport;
  /** The gateway lets go at the broker's PUBACK, and the broker keeps everything in memory. */
  readonly pubackControl: KillReport;
  readonly powerCuts: PowerCutsReport;
  readonly syncKills: SyncKillsReport;
  /** What is wrong; empty if nothing is. */
  readonly flaws: readonly string[];
}

const controlCycles = 10;
const powerCutRows = 200;
const syncKillRows = 24;
/** So many cycles bring something twice, or the books' "none doubled" says nothing. */
const duplicatesFromCycles = 100;
const progressCycles = 25;

/** All of it, one after the other. Rejects with what kept it from running, such as a missing strace. */
export async function torture({ cycles, powerCuts, seed, signal, tell }: TortureOptions): Promise<Torture> {
  if (!hasStrace()) throw new Error(straceIsMissing);
  const startedMs = performance.now();
  const onCycle = (done: number): void => {
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    if (done % progressCycles === 0 || done === cycles) tell(`cycle ${done} of ${cycles}, after ${seconds} s`);
  };
  const run = { seed, signal };
  const kills = await runKills({ ...run, cycles, acknowledge: "receipt", temper: tempers.everything, onCycle });
  tell(`the control: ${controlCycles} cycles with a gateway that lets go at PUBACK`);
  const pubackControl = await runPubackControl({ ...run, cycles: controlCycles });
  tell(`${powerCuts} power cuts of each database`);
  const cuts = await cutEverything({ cuts: powerCuts, seed, rows: powerCutRows });
  signal.throwIfAborted();
  tell("a kill at each sync of the store");
  const syncKills = await killAtSystemCalls(syncKillRows);
  const flaws = [
    ...killFlaws(kills),
    ...controlFlaws(pubackControl),
    ...powerCutFlaws(cuts),
    ...syncKillFlaws(syncKills),
  ];
  return { kills, pubackControl, powerCuts: cuts, syncKills, flaws };
}

/** The same, with a gateway that lets go at PUBACK and a cloud's end that dies the most. */
export async function runPubackControl(options: Pick<KillOptions, "cycles" | "seed" | "signal">): Promise<KillReport> {
  const report = await runKills({ ...options, acknowledge: "puback", temper: tempers.cloudEnd });
  // What it has lost was meant to be: nobody needs to look into it.
  if (report.evidence !== null) rmSync(report.evidence, { recursive: true, force: true });
  return { ...report, evidence: null };
}

export function killFlaws(report: KillReport): readonly string[] {
  const { settledMs, delivered, cycles, shown } = report;
  return [
    ...flawsOf(report).flatMap(({ name, found }) => (found.length > 0 ? [`${name} ${found.length}: ${found[0]}`] : [])),
    ...(settledMs === null ? ["it did not come to rest within the time"] : []),
    ...(shown === 0 ? ["no device has shown anything, so nothing was proved"] : []),
    ...(cycles >= duplicatesFromCycles && delivered.duplicates === 0
      ? ["nothing was delivered twice, so that nothing was doubled proves nothing"]
      : []),
  ];
}

/** The control must have lost something, and for the one reason that was planted. */
export const controlFlaws = ({ letGo }: KillReport): readonly string[] =>
  letGo.length === 0 ? ["the control that lets go at PUBACK lost nothing: the harness finds nothing"] : [];

/** What a program may read of it: counts in place of lists. */
export function tortureSummary({ kills, pubackControl, powerCuts, syncKills, flaws }: Torture): object {
  const { cycles, seed, taken, shown, stored, delivered, settledMs, durationMs, evidence } = kills;
  const killed = kills.kills.gateway + kills.kills.broker + kills.kills.ingestor;
  return {
    ok: flaws.length === 0,
    flaws,
    cycles,
    seed,
    kills: kills.kills,
    taken,
    shown,
    stored,
    delivered,
    ...Object.fromEntries(flawsOf(kills).map(({ name, found }) => [name, found.length])),
    settledMs,
    cycleMs: Math.round((durationMs - (settledMs ?? 0)) / cycles),
    durationMs,
    evidence,
    /** None in n trials: with 95 % confidence, fewer than 3 in n. */
    upperBound95: { lossPerKill: 3 / killed, lossPerShown: 3 / shown },
    controls: {
      puback: { cycles: pubackControl.cycles, shown: pubackControl.shown, lost: pubackControl.letGo.length },
      synchronousNormal: powerCuts.control,
      acknowledgedBeforeCommit: syncKills.control,
    },
    powerCuts: powerCuts.product,
    syncKills: syncKills.store,
  };
}
