import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../gateway/system-clock.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { deliverAll, entry, testKey, waitingIn } from "./store-entries.ts";

/** What a store did on a disk that filled up. It runs in a process of its own, on a file system of a few megabytes. */
export interface FullDiskReport {
  readonly refusedWith: string;
  readonly accepted: number;
  readonly waitingWhileFull: number;
  readonly knownWhileFull: string;
  readonly alarm: string | null;
  readonly freeBytesBeforeSettling: number;
  readonly waitingAfterSettling: number;
  readonly addedWhileStillFull: string;
  readonly alarmAfterSpaceCame: string | null;
  readonly ballastIsBack: boolean;
  readonly storedAtLast: number;
  readonly failures: readonly string[];
}

const [folder = ""] = process.argv.slice(2);
const path = join(folder, "store.db");
const strangersFile = join(folder, "somebody-elses.log");
const walBytesMax = 256 * 1_024;
const failures: string[] = [];

const open = (): Promise<Store> =>
  openStore({
    path,
    key: testKey,
    clock: systemClock,
    thread: "worker",
    limits: { walBytesMax },
    onFailure: ({ code }) => failures.push(code),
  });

const freeBytes = (): number => statfsSync(folder).bavail * statfsSync(folder).bsize;

const codeOf = (error: { readonly code: string }): string => error.code;

/** Somebody else fills the disk, but for so much. */
function fillDiskTo(leaveBytes: number): void {
  const file = openSync(strangersFile, "a");
  for (const chunkBytes of [65_536, 4_096, 1]) {
    try {
      while (freeBytes() - chunkBytes >= leaveBytes) writeSync(file, Buffer.alloc(chunkBytes, 1));
    } catch {
      // The last chunk did not fit: a smaller one may.
    }
  }
  closeSync(file);
}

async function addUntilRefused(store: Store): Promise<{ readonly code: string; readonly accepted: number }> {
  for (let number = 1; ; number++) {
    const outcome = await store.add(entry(number)).catch(codeOf);
    if (outcome !== "stored") return { code: outcome, accepted: number - 1 };
  }
}

async function wholeBallast(store: Store): Promise<boolean> {
  for (let write = 0; write < 200; write++) {
    await store.saveSetting("busy", String(write));
    if (statSync(`${path}-ballast`, { throwIfNoEntry: false })?.size === 2 * walBytesMax) return true;
  }
  return false;
}

const store = await open();
await wholeBallast(store);
fillDiskTo(1_500_000);
const { code: refusedWith, accepted } = await addUntilRefused(store);
fillDiskTo(0);
const freeBytesBeforeSettling = freeBytes();
const waitingWhileFull = (await waitingIn(store)).length;
const knownWhileFull = await store.add(entry(1));
const { alarm } = await store.counts();
await deliverAll(store);
const waitingAfterSettling = (await waitingIn(store)).length;
for (let write = 0; write < 30; write++) await store.saveSetting("busy", "still full");
const addedWhileStillFull = await store.add(entry(900_000)).catch(codeOf);
rmSync(strangersFile);
const ballastIsBack = await wholeBallast(store);
const alarmAfterSpaceCame = (await store.counts()).alarm;
for (let number = 900_001; number <= 900_100; number++) await store.add(entry(number));
await store.close();
const again = await open();
const storedAtLast = (await waitingIn(again)).length;
await again.close();
const report: FullDiskReport = {
  refusedWith,
  accepted,
  waitingWhileFull,
  knownWhileFull,
  alarm,
  freeBytesBeforeSettling,
  waitingAfterSettling,
  addedWhileStillFull,
  alarmAfterSpaceCame,
  ballastIsBack,
  storedAtLast,
  failures,
};
process.stdout.write(JSON.stringify(report));
