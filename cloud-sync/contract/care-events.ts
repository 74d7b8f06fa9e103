import { z } from "zod";
import { personReference } from "./reading.ts";

/** What happened between people and a gateway, told to the cloud. Instants are milliseconds since 1970. */
export type EnrolmentEvent = z.infer<typeof enrolment>;

const recordId = z.string().min(1).max(128);
const label = z.string().min(1).max(128).nullable();

/** A device, and this user slot of it, is this person's from now on: whoever keeps rosters tells their home hub. */
export const enrolment = z.strictObject({
  type: z.literal("enrolment"),
  enrolment: recordId,
  /** The device identity that the ids of its readings are made from. */
  device: recordId,
  manufacturer: label,
  model: label,
  userSlot: z.int().min(0).max(254).nullable(),
  person: personReference,
  /** The consent that it rests on. */
  consent: recordId,
  fromAt: z.int(),
});

/** It is theirs no longer: they gave it back, or withdrew their consent. */
export const enrolmentEnded = z.strictObject({
  type: z.literal("enrolment-ended"),
  enrolment: recordId,
  untilAt: z.int(),
});

/** A person agreed, or took it back: to which text, of which version. */
export const consentChange = z.strictObject({
  type: z.literal("consent"),
  consent: recordId,
  person: personReference,
  change: z.enum(["given", "withdrawn"]),
  version: z.string().min(1).max(32),
  /** Of the text in the language that was read, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  language: z.string().min(2).max(16),
  removed: z
    .int()
    .min(0)
    .describe(
      "How many readings without a receipt were removed at the gateway; 0 if none were, or it was given. One that was on its way just then is among them, and may have arrived, or arrive once, all the same.",
    ),
});

/** Where the gateway's audit log ends: a log that is shorter later, or another, was tampered with. */
export const auditHead = z.strictObject({
  type: z.literal("audit-head"),
  seq: z.int().min(1),
  /** SHA-256 over the chain up to and with this entry, in hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
