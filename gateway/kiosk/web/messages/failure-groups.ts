/** What has gone wrong as a person sees it: many codes of the program are one thing to them, with one thing to do. */
export type FailureGroup =
  | "notFound"
  | "tooFar"
  | "refused"
  | "wrongPasskey"
  | "tooSlow"
  | "windowClosed"
  | "cannotPair"
  | "pairingTaken"
  | "busyElsewhere"
  | "linkLost"
  | "pairAgain"
  | "unsupported"
  | "deviceMenu"
  | "transfer"
  | "radioDown"
  | "kioskBusy"
  | "visitOver"
  | "stepChanged"
  | "consentChanged"
  | "deviceGone"
  | "measureFirst"
  | "ofAnother"
  | "slotNeeded"
  | "questionOver"
  | "notCertain"
  | "undated"
  | "staffNeeded"
  | "unreachable"
  | "tooFast"
  | "unclear";

/** The codes of the tables of errors that can come as far as this screen. What is not here is `unclear`. */
export const failureGroups: Readonly<Record<string, FailureGroup>> = {
  "pairing-refused": "refused",
  "pairing-wrong-passkey": "wrongPasskey",
  "pairing-timeout": "tooSlow",
  "pairing-window-closed": "windowClosed",
  "pairing-unsupported": "cannotPair",
  "pairing-window-taken": "pairingTaken",
  "device-signal-weak": "tooFar",
  "device-being-paired": "pairingTaken",
  "device-gave-way": "notFound",
  "forgets-key-refused": "cannotPair",
  "adapter-absent": "radioDown",
  "device-absent": "notFound",
  "connect-refused": "busyElsewhere",
  "connect-timeout": "notFound",
  "link-lost": "linkLost",
  "link-closed": "linkLost",
  "bond-lost": "pairAgain",
  "att-error": "transfer",
  "operation-timeout": "linkLost",
  misuse: "transfer",
  "unsupported-device": "unsupported",
  "device-busy": "deviceMenu",
  "records-procedure-failed": "transfer",
  "procedure-timeout": "linkLost",
  "device-floods": "transfer",
  "session-too-long": "transfer",
  "driver-failed": "transfer",
  "driver-stuck": "transfer",
  "kiosk-in-use": "kioskBusy",
  "kiosk-out-of-order": "radioDown",
  "visit-over": "visitOver",
  "visit-step-refused": "stepChanged",
  "consent-changed": "consentChanged",
  "device-unknown-here": "deviceGone",
  "device-not-met": "measureFirst",
  "device-of-another": "ofAnother",
  "user-slot-needed": "slotNeeded",
  "pairing-question-over": "questionOver",
  "reading-not-certain": "notCertain",
  "reading-undated": "undated",
  "visit-needed": "visitOver",
  "staff-needed": "staffNeeded",
  "staff-closed": "staffNeeded",
  "live-streams-taken": "tooFast",
  "too-many-requests": "tooFast",
  unreachable: "unreachable",
};

export const failureGroup = (code: string): FailureGroup => failureGroups[code] ?? "unclear";
