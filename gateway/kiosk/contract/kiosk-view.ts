import { z } from "zod";
import { deviceKind, language } from "./visit-view.ts";

/** What everybody in front of the kiosk may see: nothing of any person. */
export type KioskView = z.infer<typeof kioskView>;

export const emergencyNumber = z.string().regex(/^\d[\d -]{1,14}\d$/, "is not a number to call");

export const kioskView = z.strictObject({
  /** `hub`: the page of a home hub, which leads nobody through a visit. */
  profile: z.enum(["kiosk", "hub"]),
  languages: z.array(language).min(1),
  glucoseUnit: z.enum(["mg/dL", "mmol/L"]),
  kinds: z.array(deviceKind).min(1),
  /** Whom to call when a life may be in danger, here. */
  emergencyNumber,
  /** A visit is under way on this kiosk, on this screen or another. */
  isBusy: z.boolean(),
  /** The radio cannot be used just now, or the store takes nothing: the kiosk says so instead of welcoming. */
  outOfOrder: z.enum(["radio-down", "store-full"]).nullable(),
  uplink: z.enum(["connected", "disconnected"]),
  /** `none`: no PIN has been set, and the staff view is closed. */
  staff: z.enum(["none", "signed-out", "signed-in"]),
  /** Nobody may begin a visit before staff have signed in: the kiosk is open to a network. */
  needsStaff: z.boolean(),
  /** Simulated devices and people: the page says so. */
  isDemo: z.boolean(),
  version: z.string().max(32),
});
