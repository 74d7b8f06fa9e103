import { createHash } from "node:crypto";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import type { PreviousCollection } from "./reading-time.ts";

/**
 * When each device was last heard to its end, and how that left its clock. It bounds the time of what the device shows
 * later: what was shown by then was measured by then.
 */
export async function previousCollection(store: Store, deviceId: string): Promise<PreviousCollection | null> {
  const text = await store.setting(settingName(deviceId));
  if (text === null || text === "") return null;
  const stored = collection.safeParse(JSON.parse(text));
  return stored.success ? stored.data : null;
}

export async function saveCollection(store: Store, deviceId: string, done: PreviousCollection): Promise<void> {
  await store.saveSetting(settingName(deviceId), JSON.stringify(done));
}

/** For a device that is forgotten: if it comes again, it is new. */
export async function forgetCollection(store: Store, deviceId: string): Promise<void> {
  await store.saveSetting(settingName(deviceId), "");
}

const collection = z.strictObject({ at: z.int(), clockOffsetMs: z.int().nullable() });

/** Names of settings may be seen where identities may not. */
const settingName = (deviceId: string): string =>
  `collected:${createHash("sha256").update(deviceId).digest("hex").slice(0, 32)}`;
