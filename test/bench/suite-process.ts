import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./figure.ts";
import { describeGroup } from "./process-group.ts";
import { suites } from "./suites.ts";

/** What a suite's process is told. */
export interface SuiteTask {
  readonly name: string;
  readonly rounds: number;
  readonly short: boolean;
}

/**
 * Measures a suite in a process of its own, so that it owes nothing to the suite before it: no warm code, no grown heap.
 * One that does not end within `limitS` seconds is ended with all that it started.
 *
 * Rejects with what the suite failed with; if it did not end in time, with what its processes were doing then.
 */
export async function measureApart(task: SuiteTask, limitS: number): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(process.env["CAREPOST_BENCH_DIR"] ?? tmpdir(), `carepost-bench-${task.name}-`));
  // A process that hangs is asked for a report, which names what its event loop waits for.
  const reports = ["--report-on-signal", "--report-signal=SIGUSR2", `--report-directory=${folder}`];
  const nodeOptions = [process.env["NODE_OPTIONS"] ?? "", ...reports].join(" ").trim();
  const child = fork(import.meta.filename, [JSON.stringify(task), folder], {
    detached: true,
    env: { ...process.env, NODE_OPTIONS: nodeOptions },
  });
  const end = (): void => endGroup(child);
  process.once("exit", end);
  try {
    return await figuresOf(child, { task, folder, limitS });
  } finally {
    process.off("exit", end);
    end();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bound {
  readonly task: SuiteTask;
  readonly folder: string;
  readonly limitS: number;
}

async function figuresOf(child: ChildProcess, { task, folder, limitS }: Bound): Promise<readonly Figure[]> {
  const figures = Promise.withResolvers<readonly Figure[]>();
  child.once("message", (message: readonly Figure[]) => figures.resolve(message));
  child.once("error", figures.reject);
  child.once("exit", (code, signal) => {
    figures.reject(new Error(`the measurement of ${task.name} ended with ${signal ?? `code ${code}`}`));
  });
  const overrun = setTimeout(() => {
    void describeGroup(child.pid ?? 0, folder).then((doing) =>
      figures.reject(new Error(`the measurement of ${task.name} did not end in ${limitS} s:\n${doing}`)),
    );
  }, limitS * 1000);
  try {
    return await figures.promise;
  } finally {
    clearTimeout(overrun);
  }
}

/** The suite, and whatever it left running. */
function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

if (import.meta.main) {
  const [task = "{}", folder = ""] = process.argv.slice(2);
  await measure(JSON.parse(task), folder);
}

async function measure({ name, rounds, short }: SuiteTask, folder: string): Promise<void> {
  const suite = suites.find((candidate) => candidate.name === name);
  if (suite === undefined) throw new RangeError(`there is no suite ${name}`);
  const progress = (text: string): void => void process.stderr.write(`# ${name}: ${text}\n`);
  const figures = await suite.run({ rounds, short, folder, progress });
  process.send?.(figures);
  process.disconnect?.();
}
