import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { percentile } from "../figure.ts";

/** What a 4 KiB append and its fdatasync take on this disk in this minute: the floor under every durable latency. */
export interface FsyncProbe {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function probeFsync(folder: string, samples = 200): FsyncProbe {
  const file = openSync(join(folder, "fsync-probe"), "w");
  const page = Buffer.alloc(4096, 7);
  const takenMs: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const started = performance.now();
    writeSync(file, page, 0, page.length, sample * page.length);
    fdatasyncSync(file);
    takenMs.push(performance.now() - started);
  }
  closeSync(file);
  return { p50Ms: percentile(takenMs, 0.5), p99Ms: percentile(takenMs, 0.99) };
}
