import { createHash } from "node:crypto";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import { clockStep, type OffsetRange, type PreviousCollection } from "./reading-time.ts";
import type { SiteZone } from "./site-zone.ts";

/** What a session that was heard out has taught of its device. */
export interface CollectionOutcome {
  readonly at: number;
  /** When the driver began to ask: what the device had by then, it has shown. */
  readonly beganAt: number;
  /** As the session left the device's clock; null if it could not be read. */
  readonly clockOffsetMs: number | null;
  /** Within which it was in this session, before and after it was set; null if it could not be read. */
  readonly offsetsMs: OffsetRange | null;
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
  { at, beganAt, clockOffsetMs, offsetsMs: seen, link }: CollectionOutcome,
  judging: { readonly zone: SiteZone; readonly toleranceMs: number },
): CollectionMemory {
  const now = { at, clockOffsetMs, offsetsMs: seen ?? undefined };
  // What it measures while it transmits may be left for the next time.
  if (link === "alive") return { ...now, shownUntil: beganAt, steppedAt: null };
  if (before === null) return { ...now, shownUntil: null, steppedAt: null };
  const isSteady = Math.abs(clockStep(before, { at, clockOffsetMs }, judging.zone)) <= judging.toleranceMs;
  const steppedAt = before.steppedAt ?? at;
  const offsetsMs = widened(before, seen);
  if (!isSteady && at - steppedAt < settledMs) return { ...before, offsetsMs, steppedAt };
  const { shownUntil } = before;
  return { at, clockOffsetMs: clockOffsetMs ?? before.clockOffsetMs, offsetsMs, shownUntil, steppedAt: null };
}

/** A session that broke off has shown how its clock ran then; what it has not shown was dated by that, too. */
export const collectionCutOff = (before: CollectionMemory, seen: OffsetRange | null): CollectionMemory => ({
  ...before,
  offsetsMs: widened(before, seen),
});

function widened(before: CollectionMemory, seen: OffsetRange | null): OffsetRange | undefined {
  const known = offsetsOf(before);
  if (known === null || seen === null) return before.offsetsMs;
  return { least: Math.min(known.least, seen.least), most: Math.max(known.most, seen.most) };
}

/** Of one that an earlier version has kept, a second around the one that is known. */
export function offsetsOf({ clockOffsetMs, offsetsMs }: PreviousCollection): OffsetRange | null {
  if (clockOffsetMs === null) return null;
  return offsetsMs ?? { least: clockOffsetMs - unkeptWithinMs, most: clockOffsetMs + unkeptWithinMs };
}

/** How well a device's clock is known of which nobody has kept how long it took to be read. */
export const unkeptWithinMs = 1_000;

/** Whose times they are: of that boot, by the wall clock that was so far ahead of the monotonic one. */
interface TimeBase {
  readonly bootId: string;
  readonly epochAt: number;
}

export interface KeptCollection extends CollectionMemory {
  /** Not known of what an earlier version has kept. */
  readonly base?: TimeBase | undefined;
}

export async function previousCollection(store: Store, deviceId: string): Promise<KeptCollection | null> {
  const text = await store.setting(settingName(deviceId));
  if (text === null || text === "") return null;
  return memory.safeParse(JSON.parse(text)).data ?? null;
}

export async function saveCollection(store: Store, deviceId: string, collection: KeptCollection): Promise<void> {
  await store.saveSetting(settingName(deviceId), JSON.stringify(collection));
}

/**
 * The same by the gateway's clock as it runs now. Where that was put right since, in the same boot, the times are put
 * right with it: it is no step of the device's clock, and nothing was shown later than it was.
 */
export function byClockOf({ bootId, epochAt }: TimeBase, kept: KeptCollection): CollectionMemory {
  const { base, ...collection } = kept;
  if (base === undefined || base.bootId !== bootId) return collection;
  const move = (time: number): number => Math.round(time + epochAt - base.epochAt);
  const { offsetsMs } = collection;
  const moveIf = (time: number | null): number | null => (time === null ? null : move(time));
  return {
    ...collection,
    at: move(collection.at),
    clockOffsetMs: moveIf(collection.clockOffsetMs),
    offsetsMs: offsetsMs === undefined ? undefined : { least: move(offsetsMs.least), most: move(offsetsMs.most) },
    shownUntil: moveIf(collection.shownUntil),
    steppedAt: moveIf(collection.steppedAt),
  };
}

/** For a device that is forgotten: if it comes again, it is new. */
export async function forgetCollection(store: Store, deviceId: string): Promise<void> {
  await store.saveSetting(settingName(deviceId), "");
}

const memory: z.ZodType<KeptCollection> = z.strictObject({
  at: z.int(),
  clockOffsetMs: z.int().nullable(),
  offsetsMs: z.strictObject({ least: z.number(), most: z.number() }).optional(),
  shownUntil: z.int().nullable(),
  steppedAt: z.int().nullable(),
  base: z.strictObject({ bootId: z.string(), epochAt: z.number() }).optional(),
});

/** Names of settings may be seen where identities may not. */
const settingName = (deviceId: string): string =>
  `collected:${createHash("sha256").update(deviceId).digest("hex").slice(0, 32)}`;
