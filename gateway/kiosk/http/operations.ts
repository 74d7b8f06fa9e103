import { z } from "zod";
import { hubReading, hubView } from "../contract/hub-view.ts";
import { kioskView } from "../contract/kiosk-view.ts";
import * as requests from "../contract/requests.ts";
import * as staff from "../contract/staff-view.ts";
import { visitView } from "../contract/visit-view.ts";

/** One thing that can be asked of the kiosk over HTTP: what is served, documented and fuzzed is made from these alone. */
export interface Operation<Body, Answer> {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly summary: string;
  /** `visitor`: whoever has the cookie of the visit. `staff`: whoever has signed in. */
  readonly who: "anybody" | "visitor" | "staff";
  readonly body: z.ZodType<Body>;
  readonly answer: z.ZodType<Answer>;
  /** Of the answer. */
  readonly type: "application/json" | "text/plain; charset=utf-8" | "text/event-stream";
}

/** Nothing is asked for; an empty object may be sent. */
const nothing = z.strictObject({}).optional();
const done = z.strictObject({});

const sessionAnswer = z.strictObject({
  /** Goes back in `x-carepost-csrf` with each change. It is another after signing in or out. */
  csrfToken: z.string().max(64),
});

const json = { type: "application/json" } as const;
const read = { ...json, method: "GET", body: nothing } as const;
const change = { ...json, method: "POST", body: nothing } as const;
/** Of a visit: each is answered with the visit as it is then. */
const step = { ...change, who: "visitor", answer: visitView } as const;
const deed = { ...change, who: "staff", answer: done } as const;

const operation = <Body, Answer>(asked: Operation<Body, Answer>): Operation<Body, Answer> => asked;

export const operations = {
  session: operation({
    ...read,
    path: "/api/session",
    who: "anybody",
    summary: "The token that each change has to bring",
    answer: sessionAnswer,
  }),
  kiosk: operation({
    ...read,
    path: "/api/kiosk",
    who: "anybody",
    summary: "What everybody in front of the kiosk may see",
    answer: kioskView,
  }),
  live: operation({
    ...read,
    path: "/api/live",
    who: "anybody",
    summary: "Server-sent events: kiosk, visit and staff, each whole, and each to who may see it",
    answer: z.string(),
    type: "text/event-stream",
  }),
  openApi: operation({
    ...read,
    path: "/api/openapi.json",
    who: "anybody",
    summary: "This document",
    answer: z.record(z.string(), z.unknown()),
  }),

  visit: operation({
    ...read,
    path: "/api/visit",
    who: "anybody",
    summary: "The visit of this screen; null if it has none",
    answer: visitView.nullable(),
  }),
  beginVisit: operation({
    ...change,
    path: "/api/visit",
    who: "anybody",
    summary:
      "Begins a visit. Where the kiosk needs staff, they must have signed in on this screen, and are signed out by it",
    body: requests.startVisit,
    answer: visitView,
  }),
  endVisit: operation({ ...step, method: "DELETE", path: "/api/visit", summary: "Ends the visit and forgets it" }),
  touchVisit: operation({ ...step, path: "/api/visit/touch", summary: "Somebody is still there" }),
  chooseLanguage: operation({
    ...step,
    path: "/api/visit/language",
    summary: "Goes on in another language",
    body: requests.chooseLanguage,
  }),
  decideConsent: operation({
    ...step,
    path: "/api/visit/consent",
    summary: "Yes or no to exactly the text that was read",
    body: requests.decideConsent,
  }),
  chooseKind: operation({
    ...step,
    path: "/api/visit/kind",
    summary: "What is to be measured",
    body: requests.chooseKind,
  }),
  openPairing: operation({
    ...step,
    path: "/api/visit/pairing",
    summary: "Opens a window in which one device may be paired",
  }),
  choosePairing: operation({
    ...step,
    path: "/api/visit/pairing/choice",
    summary: "Pairs this one of the candidates",
    body: requests.chooseDevice,
  }),
  answerPairing: operation({
    ...step,
    path: "/api/visit/pairing/answer",
    summary: "Answers what the device asks",
    body: requests.answerPairing,
  }),
  closePairing: operation({ ...step, method: "DELETE", path: "/api/visit/pairing", summary: "Closes the window" }),
  measure: operation({
    ...step,
    path: "/api/visit/measurement",
    summary: "Waits for a reading of this device",
    body: requests.chooseDevice,
  }),
  enrol: operation({
    ...step,
    path: "/api/visit/enrolment",
    summary: "The device goes home with this person",
    body: requests.enrolDevice,
  }),
  goTo: operation({
    ...step,
    path: "/api/visit/step",
    summary: "Back to an earlier step, or on from a result",
    body: requests.goTo,
  }),

  signIn: operation({
    ...change,
    path: "/api/staff/sign-in",
    who: "anybody",
    summary: "Signs staff in on this screen, by name and PIN",
    body: staff.staffSignIn,
    answer: done,
  }),
  signOut: operation({ ...deed, path: "/api/staff/sign-out", summary: "Signs them out" }),
  staff: operation({
    ...read,
    path: "/api/staff",
    who: "staff",
    summary: "Whether everything is all right, and all that staff look after",
    answer: staff.staffView,
  }),
  assignHeld: operation({
    ...deed,
    path: "/api/staff/held/assign",
    summary: "These readings, which are nobody's, are this person's",
    body: staff.assignHeld,
  }),
  discardHeld: operation({
    ...deed,
    path: "/api/staff/held/discard",
    summary: "These readings are nobody's, and are not delivered",
    body: staff.discardHeld,
  }),
  saveAssignment: operation({
    ...deed,
    path: "/api/staff/assignments",
    summary: "The device, or a user slot of it, is this person's from now on",
    body: staff.saveAssignment,
  }),
  endAssignment: operation({
    ...deed,
    path: "/api/staff/assignments/end",
    summary: "It no longer is",
    body: staff.endAssignment,
  }),
  forgetDevice: operation({
    ...deed,
    path: "/api/staff/devices/forget",
    summary: "Forgets a device, its key and its assignments",
    body: staff.nameDevice,
  }),
  setKiosks: operation({
    ...deed,
    path: "/api/staff/devices/kiosk",
    summary: "Whether the device stays at the kiosk, for everybody",
    body: staff.setKiosks,
  }),
  withdrawConsent: operation({
    ...deed,
    path: "/api/staff/consents/withdraw",
    summary: "Ends everything that this person agreed to here",
    body: staff.withdrawConsent,
  }),
  endVisitByStaff: operation({ ...deed, path: "/api/staff/visit/end", summary: "Ends the visit that is under way" }),
  doctor: operation({
    ...deed,
    path: "/api/staff/doctor",
    summary: "Checks this machine; takes some seconds",
    answer: z.array(staff.staffCheck).readonly(),
  }),
  supportBundle: operation({
    ...deed,
    path: "/api/staff/support-bundle",
    summary: "A text for whoever helps, with nothing of any person in it",
    answer: z.string(),
    type: "text/plain; charset=utf-8",
  }),

  hub: operation({
    ...read,
    path: "/api/hub",
    who: "anybody",
    summary: "How a home hub is",
    answer: hubView,
  }),
  hubReadings: operation({
    ...read,
    path: "/api/hub/readings",
    who: "staff",
    summary: "The latest readings of a home hub, the newest first",
    answer: z.array(hubReading).readonly(),
  }),
} as const;

/** Without what only types know of them. */
export const everyOperation: readonly (readonly [name: string, Operation<unknown, unknown>])[] =
  Object.entries(operations);
