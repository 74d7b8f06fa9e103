import { z } from "zod";
import { deviceKind } from "./visit-view.ts";

/** How a home hub is, for whoever lives with it: nothing of any reading, and nothing that tells who lives there. */
export type HubView = z.infer<typeof hubView>;
export type HubReading = z.infer<typeof hubReading>;

export const hubView = z.strictObject({
  /** `green`: it works, and nothing is to be done. `amber`: it mends itself, or needs a look. `red`: somebody must act. */
  light: z.enum(["green", "amber", "red"]),
  /** What is not as it should be, the worst first: the page has words for each code. */
  reasons: z.array(z.string().max(64)).max(16),
  gateway: z.string().max(64),
  version: z.string().max(32),
  uplink: z.enum(["connected", "disconnected"]),
  waiting: z.int().min(0),
  lastDeliveredAt: z.int().nullable(),
  devices: z
    .array(
      z.strictObject({
        kind: deviceKind.nullable(),
        name: z.string().max(248).nullable(),
        /** Null: assigned here, and never heard yet. */
        lastSeenAt: z.int().nullable(),
        batteryPercent: z.int().min(0).max(100).nullable(),
        needsPairing: z.boolean(),
      }),
    )
    .max(64),
  /** Readings may be seen here after signing in, which is possible over TLS only. */
  signIn: z.enum(["none", "signed-out", "signed-in"]),
  at: z.int(),
});

/** `GET /api/hub/readings`, for who has signed in: the latest. */
export const hubReading = z.strictObject({
  kind: z.enum(["blood-pressure", "glucose", "ketone"]),
  text: z.string().max(200),
  measuredAt: z.int().nullable(),
  delivered: z.boolean(),
});
