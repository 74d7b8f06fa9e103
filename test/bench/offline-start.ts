import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { type Figure, figureOf, percentile, type Suite, type SuiteOptions } from "./figure.ts";
import { type FsyncProbe, probeFsync } from "./limits/fsync-probe.ts";
import { runSteadyLoad } from "./steady-load.ts";
import type { SteadyLoadReport } from "./steady-load-process.ts";

/** A gateway that is started while its broker is away, and is killed: what it accepted is on disk after one fsync. */
export const offlineStart: Suite = {
  name: "offline-start",
  about: "accepted to on disk while the broker is away, and what is left after SIGKILL",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const folder = join(options.folder, String(round));
      mkdirSync(folder);
      rounds.push(await measureRound(folder, options));
    }
    const beyondFsync = rounds.map(({ report, probe }) => percentile(report.storedMs, 0.5) - probe.p50Ms);
    const missing = rounds.map(({ missing: lost }) => lost);
    return [
      figureOf({ suite, name: "accepted to on disk, p50", unit: "ms + fsync", aim: { atMost: 2 } }, beyondFsync),
      figureOf({ suite, name: "not in the file after SIGKILL", unit: "readings", aim: { atMost: 0 } }, missing),
    ];
  },
};

interface Round {
  readonly report: SteadyLoadReport;
  readonly probe: FsyncProbe;
  readonly missing: number;
}

/** Port 9 is "discard", where nothing listens on loopback: each attempt to connect is refused. */
const nobody = "mqtt://127.0.0.1:9";
const perSecond = 100;
const suite = "offline-start";

async function measureRound(folder: string, options: SuiteOptions): Promise<Round> {
  const durationMs = options.short ? 2_000 : 5_000;
  const storePath = join(folder, "store.db");
  const probe = probeFsync(folder);
  const { report, kill } = await runSteadyLoad({ storePath, url: nobody, perSecond, durationMs });
  await kill();
  const store = await openStore({ path: storePath, key: null, clock: systemClock, thread: "worker" });
  const { waiting } = await store.backlog();
  await store.close();
  const missing = report.acceptedInAll - waiting;
  options.progress(`${report.acceptedInAll} accepted, ${waiting} in the file after SIGKILL`);
  return { report, probe, missing };
}
