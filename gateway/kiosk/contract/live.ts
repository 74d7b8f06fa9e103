import { z } from "zod";
import { kioskView } from "./kiosk-view.ts";
import { visitView } from "./visit-view.ts";

/**
 * The events of `GET /api/live` (server-sent events, WHATWG HTML 9.2), each whole and replacing what came before.
 * `visit` goes to the screen of that visit alone; null when there is none any more, and everything of it is forgotten.
 * `staff`: what the staff view shows may have changed, and is worth asking for again.
 */
export type LiveEvent = z.infer<typeof liveEvent>;

export const liveEvent = z.discriminatedUnion("event", [
  z.strictObject({ event: z.literal("kiosk"), data: kioskView }),
  z.strictObject({ event: z.literal("visit"), data: visitView.nullable() }),
  z.strictObject({ event: z.literal("staff"), data: z.null() }),
]);

/** What is answered instead, with a status of 4xx or 5xx: a code of `carepost-error.ts`, and what to do. */
export const errorAnswer = z.strictObject({
  error: z.strictObject({ code: z.string().max(64), message: z.string().max(1_024), remedy: z.string().max(1_024) }),
});
export type ErrorAnswer = z.infer<typeof errorAnswer>;
