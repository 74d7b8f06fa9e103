import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Figure, figureOf, percentile, type Suite, type SuiteOptions } from "./figure.ts";
import { probeFsync } from "./limits/fsync-probe.ts";
import { startReceiptingAedes } from "./peers/broker-process.ts";
import { runSteadyLoad } from "./steady-load.ts";
import type { SteadyLoadReport } from "./steady-load-process.ts";

/** The same load on a disk as slow as an SD card: each fsync begins 30 ms late, whoever calls it. */
export const slowDisk: Suite = {
  name: "slow-disk",
  about: "100 readings/s with every fsync delayed by 30 ms: rate, latency and the event loop",
  async run(options: SuiteOptions): Promise<readonly Figure[]> {
    if (!canDelay()) {
      options.progress("strace is not installed or may not trace, so no fsync can be delayed: left out");
      return [];
    }
    const broker = await startReceiptingAedes();
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      const folder = join(options.folder, String(round));
      mkdirSync(folder);
      rounds.push(await measureRound(folder, broker.url, options));
    }
    await broker.stop();
    return figuresOf(rounds);
  },
};

interface Round {
  readonly asIs: SteadyLoadReport;
  readonly slow: SteadyLoadReport;
  /** What one delayed fsync takes. */
  readonly fsyncMs: number;
  /** The longest time for which this process, which had nothing to do, was kept from doing it. */
  readonly idleBlockedMs: number;
}

const delayMs = 30;
const perSecond = 100;
const suite = "slow-disk";
/** With a filter in the kernel, so that no other system call is slower for it. */
const strace =
  `strace -f --seccomp-bpf -qqq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:delay_enter=${delayMs}ms`.split(
    " ",
  );

function canDelay(): boolean {
  const [program = "", ...args] = strace;
  return spawnSync(program, [...args, "true"], { stdio: "ignore" }).status === 0;
}

async function measureRound(folder: string, url: string, options: SuiteOptions): Promise<Round> {
  const durationMs = options.short ? 3_000 : 10_000;
  const load = { url, perSecond, durationMs };
  const asIs = await runSteadyLoad({ ...load, storePath: join(folder, "as-it-is.db") });
  await asIs.kill();
  const idle = monitorEventLoopDelay({ resolution: 1 });
  idle.enable();
  const slow = await runSteadyLoad({ ...load, storePath: join(folder, "slow.db") }, strace);
  idle.disable();
  await slow.kill();
  const fsyncMs = delayMs + probeFsync(folder).p50Ms;
  const idleBlockedMs = idle.max / 1e6;
  const toDiskMs = percentile(slow.report.storedMs, 0.5);
  options.progress(
    `${toDiskMs.toFixed(1)} ms to disk, event loop held for ${slow.report.blockedMs.toFixed(1)} ms, an idle one for ${idleBlockedMs.toFixed(1)} ms`,
  );
  return { asIs: asIs.report, slow: slow.report, fsyncMs, idleBlockedMs };
}

function figuresOf(rounds: readonly Round[]): readonly Figure[] {
  const inFsyncs = (times: "storedMs" | "acknowledgedMs" | "receiptMs", share: number): readonly number[] =>
    rounds.map(({ slow, fsyncMs }) => percentile(slow[times], share) / fsyncMs);
  const unit = "fsyncs";
  return [
    figureOf(
      { suite, name: "rate, against the disk as it is", unit: "ratio", aim: { atLeast: 0.99 } },
      rounds.map(({ asIs, slow }) => slow.storedPerSecond / asIs.storedPerSecond),
    ),
    figureOf({ suite, name: "notification to disk, p50", unit }, inFsyncs("storedMs", 0.5)),
    figureOf({ suite, name: "notification to PUBACK, p50", unit, aim: { atMost: 2 } }, inFsyncs("acknowledgedMs", 0.5)),
    figureOf({ suite, name: "notification to PUBACK, p99", unit }, inFsyncs("acknowledgedMs", 0.99)),
    figureOf({ suite, name: "notification to receipt, p50", unit, aim: { atMost: 2 } }, inFsyncs("receiptMs", 0.5)),
    figureOf(
      { suite, name: "event loop held, longest", unit: "ms", aim: { atMost: 20 } },
      rounds.map(({ slow }) => slow.blockedMs),
    ),
    figureOf(
      { suite, name: "event loop of an idle process beside it, longest", unit: "ms" },
      rounds.map(({ idleBlockedMs }) => idleBlockedMs),
    ),
  ];
}
