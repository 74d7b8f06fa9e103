import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { seededRandom } from "../../../simulators/random.ts";
import { crashImage } from "./crash-images.ts";
import { type FileOperation, parseSystemCalls, tracedCalls } from "./system-call-log.ts";

/**
 * Cuts the power under a writer, on paper: what the writer did to its files is traced once, then at random moments of
 * that trace a disk is made as the cut may have left it, and opened. What had been acknowledged must be there.
 */
export interface PowerCutOptions {
  /** The module that writes, run as `node <writer> <path> <rows> [key]`. */
  readonly writer: string;
  readonly rows: number;
  readonly key: Uint8Array | null;
  readonly cuts: number;
  readonly seed: number;
  /** The ids that a database holds, or the code of the error with which it cannot be opened. */
  readonly read: (path: string) => Promise<ReadonlySet<string> | string>;
}

export interface PowerCutReport {
  readonly cuts: number;
  readonly syncs: number;
  readonly acknowledged: number;
  readonly cutsWithLoss: number;
  readonly worstLoss: number;
  /** Cuts after which the database could not be opened or was found damaged. */
  readonly unreadable: number;
}

export async function cutThePower(options: PowerCutOptions): Promise<PowerCutReport> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-power-cut-"));
  try {
    const operations = trace(options, folder);
    const random = seededRandom(options.seed);
    const tally = { cutsWithLoss: 0, worstLoss: 0, unreadable: 0 };
    for (let cut = 0; cut < options.cuts; cut += 1) {
      const image = crashImage(operations, 1 + Math.floor(random() * operations.length), random);
      const held = await options.read(layOut(image.files, join(folder, "image")));
      const said = new Set(acknowledgedIn(image.said));
      const missing = typeof held === "string" ? said.size : said.difference(held).size;
      if (typeof held === "string" && said.size > 0) tally.unreadable += 1;
      if (missing > 0) tally.cutsWithLoss += 1;
      tally.worstLoss = Math.max(tally.worstLoss, missing);
    }
    const said = operations.flatMap((operation) => (operation.type === "said" ? [operation.text] : []));
    const syncs = operations.filter(({ type }) => type === "sync").length;
    return { cuts: options.cuts, syncs, acknowledged: acknowledgedIn(said).length, ...tally };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A program of the system, which no package brings along. */
export const strace = "strace";

export const hasStrace = (): boolean => spawnSync(strace, ["-V"], { stdio: "ignore" }).status === 0;

function trace({ writer, rows, key }: PowerCutOptions, folder: string): readonly FileOperation[] {
  const data = join(folder, "data");
  mkdirSync(data);
  const log = join(folder, "strace.log");
  const keyText = key === null ? [] : [Buffer.from(key).toString("hex")];
  const command = [process.execPath, writer, join(data, "a.db"), String(rows), ...keyText];
  const flags = ["-f", "-qq", "-xx", "-s", "10000000", "-e", `trace=${tracedCalls}`, "-o", log];
  const run = spawnSync(strace, [...flags, "--", ...command], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`the traced writer failed: ${run.error?.message ?? run.stderr}`);
  return parseSystemCalls(readFileSync(log, "latin1")).filter(
    (operation) => operation.type === "said" || dirname(operation.path) === data,
  );
}

/** Writes an image to disk. SQLite rebuilds the shared memory of the WAL, so that is left out. */
function layOut(files: ReadonlyMap<string, Buffer>, folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [path, content] of files) {
    if (!path.endsWith("-shm")) writeFileSync(join(folder, basename(path)), content);
  }
  return join(folder, "a.db");
}

/** The ids that a writer has said are on disk. */
export const acknowledgedIn = (said: readonly string[]): readonly string[] =>
  said.flatMap((text) => [...text.matchAll(/^acknowledged (.+)$/gm)].map((match) => match[1] ?? ""));
