import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

/** What a disk must give, and from where on it is doubtful. */
const freeMiBMin = 64;
const freeMiBAmple = 512;
const flushMsSlow = 100;
const flushes = 20;

/** The room on the disk of the store, and how long it takes to flush: what bounds every commit. */
export const diskCheck = (storePath: string): Check => ({
  name: "disk",
  run: () => {
    const folder = dirname(storePath);
    try {
      const { bavail, bsize } = statfsSync(folder);
      return Promise.resolve(judge({ freeMiB: (bavail * bsize) / 2 ** 20, flushMs: flushTimesMs(folder), folder }));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      return Promise.resolve(broken(say("disk-unwritable", { folder, code })));
    }
  },
});

interface DiskFacts {
  readonly folder: string;
  readonly freeMiB: number;
  /** Ascending. */
  readonly flushMs: readonly number[];
}

export function judge({ folder, freeMiB, flushMs }: DiskFacts): Finding {
  const median = flushMs[Math.floor(flushMs.length / 2)] ?? 0;
  const slowest = flushMs.at(-1) ?? 0;
  const room = freeMiB < 10_240 ? `${Math.floor(freeMiB)} MiB` : `${Math.floor(freeMiB / 1024)} GiB`;
  const facts = { room, folder, flush: median.toFixed(1), worst: slowest.toFixed(1) };
  if (freeMiB < freeMiBMin) return broken(say("disk-nearly-full", facts));
  if (freeMiB < freeMiBAmple) return doubtful(say("disk-nearly-full", facts));
  return median <= flushMsSlow ? healthy(say("disk-fit", facts)) : doubtful(say("disk-slow", facts));
}

/** Appends and flushes a block at a time, as a commit does. */
function flushTimesMs(folder: string): readonly number[] {
  const path = join(folder, `.carepost-doctor-${process.pid}`);
  const descriptor = openSync(path, "wx", 0o600);
  try {
    const block = Buffer.alloc(4096, 1);
    const times = Array.from({ length: flushes }, () => {
      const startedAt = performance.now();
      writeSync(descriptor, block);
      fdatasyncSync(descriptor);
      return performance.now() - startedAt;
    });
    return times.toSorted((left, right) => left - right);
  } finally {
    closeSync(descriptor);
    rmSync(path, { force: true });
  }
}
