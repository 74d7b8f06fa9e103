import type { Deed } from "../store/store.ts";
import type { DeedPlace } from "./deed-place.ts";

type Decider = Pick<DeedPlace, "at" | "actor">;

/** Held readings turn out to be this person's, and are delivered. */
export const readingsAttributed = ({ at, actor }: Decider, readings: readonly string[], person: string): Deed => ({
  changes: readings.map((readingId) => ({ type: "attribute", decision: { readingId, person } })),
  events: [],
  audit: readings.map((reading) => ({ at, actor, action: "reading-attributed", subject: { reading, person } })),
});

/** Held readings are nobody's, and are never delivered. */
export const readingsDiscarded = ({ at, actor }: Decider, readings: readonly string[]): Deed => ({
  changes: readings.map((readingId) => ({ type: "discard", readingId })),
  events: [],
  audit: readings.map((reading) => ({ at, actor, action: "reading-discarded", subject: { reading } })),
});
