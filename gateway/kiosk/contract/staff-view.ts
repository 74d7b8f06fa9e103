import { z } from "zod";
import { personReference } from "../../../cloud-sync/contract/reading.ts";
import { resultView } from "./visit-view.ts";

/** What staff see: one look says whether everything is all right, and what to do if it is not. */
export type StaffView = z.infer<typeof staffView>;
export type StaffAlert = z.infer<typeof staffAlert>;
export type StaffDevice = z.infer<typeof staffDevice>;
export type NearDevice = z.infer<typeof nearDevice>;
export type HeldReading = z.infer<typeof heldReading>;
export type AssignmentView = z.infer<typeof assignmentView>;
export type StaffCheck = z.infer<typeof staffCheck>;

/** Something that is not as it should be. The screen has words for each code; `told` is the program's own, for the rest. */
export const staffAlert = z.strictObject({
  code: z.string().max(64),
  level: z.enum(["attention", "urgent"]),
  told: z.string().max(512),
  remedy: z.string().max(512),
});

export const nearDevice = z.strictObject({
  name: z.string().max(248).nullable(),
  driver: z.string().max(64).nullable(),
  rssiDbm: z.number(),
  /** Of a device that is known here. */
  deviceId: z.string().max(128).nullable(),
  heardAgoMs: z.int().min(0),
});

export const staffDevice = z.strictObject({
  id: z.string().max(128),
  kind: z.enum(["blood-pressure-monitor", "blood-glucose-meter"]).nullable(),
  name: z.string().max(248).nullable(),
  manufacturer: z.string().max(128).nullable(),
  model: z.string().max(128).nullable(),
  serial: z.string().max(128).nullable(),
  batteryPercent: z.int().min(0).max(100).nullable(),
  lastSeenAt: z.int(),
  /** The strongest of the last seconds; null if it is not heard. */
  rssiDbm: z.number().nullable(),
  /** Gateway clock less device clock, in milliseconds. */
  clockOffsetMs: z.int().nullable(),
  bond: z.enum(["none", "bonded", "lost"]).nullable(),
  /** It belongs to the kiosk, and is used by whoever stands before it. */
  isKiosks: z.boolean(),
  assignments: z.int().min(0),
});

/** A reading that waits for a person to say whose it is. */
export const heldReading = z.strictObject({
  reading: resultView,
  deviceId: z.string().max(128),
  deviceName: z.string().max(248).nullable(),
  receivedAt: z.int().nullable(),
});

export const assignmentView = z.strictObject({
  id: z.string().max(128),
  deviceId: z.string().max(128),
  userSlot: z.int().min(0).max(254).nullable(),
  person: personReference,
  fromAt: z.int(),
  untilAt: z.int().nullable(),
  /** `roster`: the cloud said so, and only the cloud may change it. */
  source: z.enum(["local", "roster"]),
});

export const staffCheck = z.strictObject({
  name: z.string().max(64),
  state: z.enum(["ok", "warning", "failed", "skipped"]),
  told: z.string().max(1_024),
  remedy: z.string().max(1_024).nullable(),
  /** Of the error that the check ended with, where it did. */
  code: z.string().max(64).nullable(),
  /** The same by code and facts, for a page in another language than English. */
  said: z
    .array(
      z.strictObject({
        code: z.string().max(64),
        facts: z.record(z.string().max(32), z.union([z.string().max(1_024), z.number()])),
      }),
    )
    .max(32),
});

export const staffView = z.strictObject({
  /** All of it in one word: the worst of the alerts. */
  verdict: z.enum(["all-right", "attention", "urgent"]),
  alerts: z.array(staffAlert).max(32),
  gateway: z.string().max(64),
  version: z.string().max(32),
  radio: z.strictObject({
    kind: z.string().max(32),
    adapter: z.string().max(128),
    condition: z.enum(["starting", "up", "silent", "down"]),
    pairing: z.array(z.string().max(32)).max(8),
  }),
  uplink: z.strictObject({
    state: z.enum(["connected", "disconnected"]),
    waiting: z.int().min(0),
    oldestWaitingAt: z.int().nullable(),
    lastDeliveredAt: z.int().nullable(),
    deadLetters: z.int().min(0),
  }),
  clock: z.enum(["trusted", "untrusted"]),
  store: z.strictObject({
    readings: z.int().min(0),
    held: z.int().min(0),
    quarantined: z.int().min(0),
    fileBytes: z.int().min(0),
    alarm: z.enum(["quota", "disk-full"]).nullable(),
  }),
  audit: z.strictObject({ entries: z.int().min(0), headDeliveredAt: z.int().nullable() }),
  visit: z.strictObject({ step: z.string().max(32), startedAt: z.int() }).nullable(),
  near: z.array(nearDevice).max(64),
  devices: z.array(staffDevice).max(256),
  held: z.array(heldReading).max(100),
  assignments: z.array(assignmentView).max(500),
});

/** `POST /api/staff/held/assign` and `/discard`: a decision on readings that nobody owns. */
export const assignHeld = z.strictObject({ readings: z.array(z.uuid()).min(1).max(100), person: personReference });
export const discardHeld = z.strictObject({ readings: z.array(z.uuid()).min(1).max(100) });
/** `POST /api/staff/assignments`: the device, and the slot where it has slots, is this person's from now on. */
export const saveAssignment = z.strictObject({
  deviceId: z.string().min(1).max(128),
  userSlot: z.int().min(0).max(254).nullable(),
  person: personReference,
  /** Null: the latest consent of this person that stands. */
  consent: z.string().min(1).max(128).nullable(),
});
/** `POST /api/staff/assignments/end` */
export const endAssignment = z.strictObject({ id: z.string().min(1).max(128) });
/** `POST /api/staff/devices/forget` and `/kiosk` */
export const nameDevice = z.strictObject({ deviceId: z.string().min(1).max(128) });
export const setKiosks = nameDevice.extend({ isKiosks: z.boolean() });
/** `POST /api/staff/sign-in` */
export const staffSignIn = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
  pin: z.string().regex(/^\d{4,12}$/),
});
/** `POST /api/staff/consents/withdraw`: everything that this person agreed to here. */
export const withdrawConsent = z.strictObject({ person: personReference });
