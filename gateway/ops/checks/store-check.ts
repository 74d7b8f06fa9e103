import { statSync } from "node:fs";
import { dirname } from "node:path";
import { openReader, requireSound } from "../../../cloud-sync/sqlite/database.ts";
import { storeSchema } from "../../store/schema.ts";
import { broken, doubtful, healthy, say } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

export interface StorePlace {
  readonly path: string;
  /** Throws if the key cannot be had. */
  readonly key: () => Uint8Array | null;
  readonly quotaMiB: number;
  readonly now: number;
}

/** A larger file is not read whole, because its WAL would grow all that time. */
const readWholeMiBMax = 512;
const quotaPercentAmple = 80;

/** The database of readings: is it ours, sound, encrypted, and within its quota? It is opened to read only. */
export const storeCheck = (place: StorePlace): Check => ({
  name: "store",
  run: () => Promise.resolve().then(() => (isAbsent(place.path) ? absentStore(place) : presentStore(place))),
});

const isAbsent = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) === undefined;

function absentStore({ path, key }: StorePlace): Finding {
  // The store is made with it: a key that cannot be had keeps the gateway from starting.
  key();
  if (!isAbsent(dirname(path))) return healthy(say("store-not-yet", { path }));
  return broken(say("store-without-folder", { path }));
}

function presentStore({ path, key, quotaMiB, now }: StorePlace): Finding {
  const secret = key();
  const database = openReader({ path, key: secret, at: now, schema: storeSchema });
  try {
    const { fileBytes, freeBytes } = database.space();
    const fileMiB = fileBytes / 2 ** 20;
    const isRead = fileMiB <= readWholeMiBMax;
    if (isRead) requireSound(database.sql);
    const usedPercent = Math.round(((fileBytes - freeBytes) / 2 ** 20 / quotaMiB) * 100);
    return judge({ fileMiB, isRead, usedPercent, isEncrypted: secret !== null });
  } finally {
    database.close();
  }
}

interface StoreFacts {
  readonly fileMiB: number;
  readonly isRead: boolean;
  readonly usedPercent: number;
  readonly isEncrypted: boolean;
}

export function judge({ fileMiB, isRead, usedPercent, isEncrypted }: StoreFacts): Finding {
  const facts = { size: fileMiB.toFixed(1), percent: usedPercent };
  const state = isRead ? say("store-sound", facts) : say("store-not-read-whole", facts);
  if (usedPercent > quotaPercentAmple) return doubtful(state, say("store-filling"));
  return isEncrypted ? healthy(state, say("store-encrypted")) : doubtful(state, say("store-plain"));
}
