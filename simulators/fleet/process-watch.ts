import { readFileSync } from "node:fs";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { fleetErrors } from "./fleet-error.ts";

export interface WatchedProcess {
  readonly name: string;
  readonly pid: number;
}

/** Memory in MiB as the kernel counts it as resident, processor time in seconds. */
export interface WatchResult extends WatchedProcess {
  readonly rssMiB: { readonly start: number; readonly max: number; readonly end: number };
  readonly cpuS: number;
  /** In the order of time; `cores` is processor time per time since the sample before. */
  readonly samples: readonly WatchSample[];
}

export interface WatchSample {
  readonly atS: number;
  readonly rssMiB: number;
  readonly cores: number;
}

export interface ProcessWatch {
  /** Looks now. */
  sample(): void;
  results(): readonly WatchResult[];
}

/** Watches processes of this machine through /proc. Throws `watched-process-absent`. */
export function watchProcesses(processes: readonly WatchedProcess[], clock: Clock): ProcessWatch {
  const beganMs = clock.monotonicMs();
  const watched = processes.map((process) => {
    const first = usageOf(process.pid);
    if (first === null) {
      throw fleetErrors.make("watched-process-absent", `no process ${process.pid} runs, for ${process.name}`);
    }
    return { process, first, last: first, lastMs: beganMs, maxMiB: first.rssMiB, samples: new Array<WatchSample>() };
  });
  const sample = (): void => {
    const nowMs = clock.monotonicMs();
    for (const one of watched) {
      const usage = usageOf(one.process.pid);
      // It ended: what was seen of it stays.
      if (usage === null || nowMs <= one.lastMs) continue;
      const cores = (usage.cpuS - one.last.cpuS) / ((nowMs - one.lastMs) / 1_000);
      if (one.samples.length < samplesMax) {
        one.samples.push({ atS: (nowMs - beganMs) / 1_000, rssMiB: usage.rssMiB, cores });
      }
      one.last = usage;
      one.maxMiB = Math.max(one.maxMiB, usage.rssMiB);
      one.lastMs = nowMs;
    }
  };
  return {
    sample,
    results: () =>
      watched.map(({ process, first, last, maxMiB, samples }) => ({
        name: process.name,
        pid: process.pid,
        rssMiB: {
          start: first.rssMiB,
          max: maxMiB,
          end: last.rssMiB,
        },
        cpuS: last.cpuS - first.cpuS,
        samples,
      })),
  };
}

/** Once a second: the first hour. The sums and the maximum are of all time. */
const samplesMax = 3_600;

interface Usage {
  readonly rssMiB: number;
  readonly cpuS: number;
}

/** What a process uses; null if there is none. */
export function usageOf(pid: number): Usage | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, rssKiB] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    // Behind the name, which may hold anything: state is field 3, utime and stime are fields 14 and 15 (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { rssMiB: Number(rssKiB ?? 0) / 1_024, cpuS: ticks / ticksPerSecond };
  } catch {
    return null;
  }
}

/** USER_HZ, which Linux shows to programs on every architecture that Node runs on. */
const ticksPerSecond = 100;
