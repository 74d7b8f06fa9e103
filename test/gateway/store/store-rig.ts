import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { StoreLimits } from "../../../gateway/store/store-limits.ts";
import type { StoreNotice } from "../../../gateway/store/store-request.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { testKey } from "./store-entries.ts";

export const startAt = Date.UTC(2026, 0, 30, 6);

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "carepost-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface StoreRig {
  readonly path: string;
  readonly clock: VirtualClock;
  readonly notices: StoreNotice[];
  readonly failures: string[];
  readonly open: (changes?: Partial<RigOptions>) => Promise<Store>;
}

export interface RigOptions {
  readonly path: string;
  readonly key: Uint8Array | null;
  readonly clock: Clock;
  readonly thread: "inline" | "worker";
  readonly access: "owner" | "reader";
  readonly limits: Partial<StoreLimits>;
}

/** A place for a store, with a WAL and a ballast that are small enough to be made in no time. */
export function storeRig(defaults: Partial<RigOptions> = {}): StoreRig {
  const path = defaults.path ?? join(temporaryFolder(), "store.db");
  const clock = createVirtualClock(startAt);
  const notices: StoreNotice[] = [];
  const failures: string[] = [];
  const open = async (changes: Partial<RigOptions> = {}): Promise<Store> => {
    const options = { path, key: testKey, clock, thread: "inline" as const, ...defaults, ...changes };
    return await openStore({
      ...options,
      limits: { walBytesMax: 128 * 1024, ...options.limits },
      onNotice: (notice) => notices.push(notice),
      onFailure: (error) => failures.push(error.code),
    });
  };
  return { path, clock, notices, failures, open };
}
