import { z } from "zod";
import { personReference } from "../../../cloud-sync/contract/reading.ts";
import { deviceKind, deviceToken, language } from "./visit-view.ts";

/** What the touch screen asks of the kiosk: the bodies of `POST` requests under `/api/visit`. Each is answered with the visit. */
export type StartVisit = z.infer<typeof startVisit>;
export type DecideConsent = z.infer<typeof decideConsent>;
export type AnswerPairing = z.infer<typeof answerPairing>;
export type EnrolDevice = z.infer<typeof enrolDevice>;
export type GoTo = z.infer<typeof goTo>;

/** `POST /api/visit`. Null: a guest. */
export const startVisit = z.strictObject({ person: personReference.nullable(), language });

/** `POST /api/visit/language` */
export const chooseLanguage = z.strictObject({ language });

/** `POST /api/visit/consent`: on exactly the text that was read. */
export const decideConsent = z.strictObject({
  version: z.string().min(1).max(32),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  decision: z.enum(["given", "refused"]),
  trend: z.boolean(),
});

/** `POST /api/visit/kind` */
export const chooseKind = z.strictObject({ kind: deviceKind });

/** `POST /api/visit/pairing/choice`: a candidate. `POST /api/visit/measurement`: a device to wait for. */
export const chooseDevice = z.strictObject({ device: deviceToken });

/** `POST /api/visit/pairing/answer` */
export const answerPairing = z.strictObject({
  number: z.int().min(0),
  answer: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("passkey"), passkey: z.string().regex(/^\d{6}$/) }),
    z.strictObject({ type: z.literal("pin"), pin: z.string().regex(/^[A-Za-z0-9]{1,16}$/) }),
    z.strictObject({ type: z.literal("yes") }),
    z.strictObject({ type: z.literal("no") }),
  ]),
});

/** `POST /api/visit/enrolment`: the device goes home with this person, who has the slot, where it has slots. */
export const enrolDevice = z.strictObject({ device: deviceToken, userSlot: z.int().min(0).max(254).nullable() });

/** `POST /api/visit/step`: back to an earlier step, or on from a result. */
export const goTo = z.strictObject({
  step: z.enum(["consent", "choose", "measure", "result", "hand-over", "goodbye"]),
});
