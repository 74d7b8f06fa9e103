import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acknowledgedIn, type PowerCutOptions, strace } from "./power-cut.ts";

/**
 * Kills a writer at exactly the n-th sync, and at some writes between, once for each n, before the system call takes
 * effect; then opens what it left. What had been acknowledged must be there. A row that is there although nobody was told
 * so is right: it comes again under the same id.
 */
export interface SyncKillReport {
  /** Kills at a sync, and kills at a write. */
  readonly syncs: number;
  readonly writes: number;
  readonly killsWithLoss: number;
  readonly worstLoss: number;
  readonly unreadable: number;
}

export interface SyncKillOptions extends Pick<PowerCutOptions, "writer" | "rows" | "key" | "read"> {
  /** Only every so many of the writes: there are many more of them than syncs. */
  readonly everyWrite: number;
}

/** More boundaries than a short run has. */
const boundariesMax = 2000;

export async function killAtEachSync(options: SyncKillOptions): Promise<SyncKillReport> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-sync-kill-"));
  const tally = { killsWithLoss: 0, worstLoss: 0, unreadable: 0 };
  const killAt = async (call: "fsync" | "pwrite64", step: number): Promise<number> => {
    for (let count = 1; count * step < boundariesMax; count += 1) {
      const path = join(folder, `${call}-${count}.db`);
      const outcome = runUntil({ call, number: count * step, path }, options);
      if (!outcome.wasKilled) return count - 1;
      const held = await options.read(path);
      const missing = typeof held === "string" ? outcome.said.size : outcome.said.difference(held).size;
      if (typeof held === "string" && outcome.said.size > 0) tally.unreadable += 1;
      if (missing > 0) tally.killsWithLoss += 1;
      tally.worstLoss = Math.max(tally.worstLoss, missing);
    }
    throw new Error(`the writer has more than ${boundariesMax} boundaries: let it write less`);
  };
  try {
    return { syncs: await killAt("fsync", 1), writes: await killAt("pwrite64", options.everyWrite), ...tally };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Boundary {
  readonly call: "fsync" | "pwrite64";
  readonly number: number;
  readonly path: string;
}

interface Outcome {
  readonly wasKilled: boolean;
  readonly said: ReadonlySet<string>;
}

/** strace counts the calls of each thread by itself; the store's writes are all of one. */
function runUntil({ call, number, path }: Boundary, { writer, rows, key }: SyncKillOptions): Outcome {
  const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${number}`];
  const keyText = key === null ? [] : [Buffer.from(key).toString("hex")];
  const command = [process.execPath, writer, path, String(rows), ...keyText];
  const run = spawnSync(strace, ["-f", "-qq", "-o", "/dev/null", ...inject, "--", ...command], { encoding: "utf8" });
  const wasKilled = run.signal === "SIGKILL" || run.status === 137;
  if (!wasKilled && run.status !== 0) throw new Error(`the writer failed by itself: ${run.stderr}`);
  return { wasKilled, said: new Set(acknowledgedIn([run.stdout])) };
}
