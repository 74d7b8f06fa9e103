import { createHash } from "node:crypto";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import { clockStep, type PreviousCollection } from "./reading-time.ts";
import type { SiteZone } from "./site-zone.ts";

/** What a session that was heard out has taught of its device. */
export interface CollectionOutcome {
  readonly at: number;
  /** As the session left the device's clock; null if it could not be read. */
  readonly clockOffsetMs: number | null;
  /** `hung-up`: the end was the device's, or the air's, so that there may be more to show. */
  readonly link: "alive" | "hung-up";
}

/** A collection as it is kept for the next one. */
export interface CollectionMemory extends PreviousCollection {
  /** When the clock was first seen to have been set, since `at`; null if it has not been. */
  readonly steppedAt: number | null;
}

/** By then, whatever a device that always hangs up had still to show of the time before its clock was set is shown. */
const settledMs = 7 * 86_400_000;

/**
 * What to keep of a device. Only a link that still stands when the device has fallen silent proves that all was shown.
 * Until then a clock that was set counts as newly set, because what is shown next may be from before; but a device that
 * hangs up every time must not stay without a time for ever.
 */
export function collectionAfter(
  before: CollectionMemory | null,
  { at, clockOffsetMs, link }: CollectionOutcome,
  judging: { readonly zone: SiteZone; readonly toleranceMs: number },
): CollectionMemory {
  if (link === "alive") return { at, clockOffsetMs, shownUntil: at, steppedAt: null };
  if (before === null) return { at, clockOffsetMs, shownUntil: null, steppedAt: null };
  const isSteady = Math.abs(clockStep(before, { at, clockOffsetMs }, judging.zone)) <= judging.toleranceMs;
  const steppedAt = before.steppedAt ?? at;
  if (!isSteady && at - steppedAt < settledMs) return { ...before, steppedAt };
  return { at, clockOffsetMs: clockOffsetMs ?? before.clockOffsetMs, shownUntil: before.shownUntil, steppedAt: null };
}

export async function previousCollection(store: Store, deviceId: string): Promise<CollectionMemory | null> {
  const text = await store.setting(settingName(deviceId));
  if (text === null || text === "") return null;
  return memory.safeParse(JSON.parse(text)).data ?? null;
}

export async function saveCollection(store: Store, deviceId: string, collection: CollectionMemory): Promise<void> {
  await store.saveSetting(settingName(deviceId), JSON.stringify(collection));
}

/** For a device that is forgotten: if it comes again, it is new. */
export async function forgetCollection(store: Store, deviceId: string): Promise<void> {
  await store.saveSetting(settingName(deviceId), "");
}

const memory: z.ZodType<CollectionMemory> = z.strictObject({
  at: z.int(),
  clockOffsetMs: z.int().nullable(),
  shownUntil: z.int().nullable(),
  steppedAt: z.int().nullable(),
});

/** Names of settings may be seen where identities may not. */
const settingName = (deviceId: string): string =>
  `collected:${createHash("sha256").update(deviceId).digest("hex").slice(0, 32)}`;
