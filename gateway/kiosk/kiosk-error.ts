import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Why the kiosk does not do what was asked of it. */
export const kioskErrors = defineErrors({
  "kiosk-in-use": {
    blame: "operator",
    recovery: "retry",
    remedy: "Wait until the visit that is under way has ended; one that nobody touches ends by itself.",
  },
  "kiosk-out-of-order": {
    blame: "operator",
    recovery: "retry",
    remedy: "Run `carepost doctor`: the radio cannot be used just now, or the store takes no more.",
  },
  "visit-over": {
    blame: "operator",
    recovery: "stop",
    remedy: "Begin anew: the visit has ended, and everything of it is forgotten.",
  },
  "visit-step-refused": {
    blame: "program",
    recovery: "stop",
    remedy: "Show the visit as it is now: what was asked belongs to another of its steps.",
  },
  "consent-changed": {
    blame: "operator",
    recovery: "retry",
    remedy: "Read the text that is shown now and decide on it: the decision was on another one.",
  },
  "device-unknown-here": {
    blame: "operator",
    recovery: "retry",
    remedy: "Choose one of the devices that are shown now.",
  },
  "device-not-met": {
    blame: "device",
    recovery: "retry",
    remedy: "Measure with the device once, so that it can say who it is; then take it home.",
  },
  "device-of-another": {
    blame: "operator",
    recovery: "stop",
    remedy: "Ask staff: somebody else has this device, and their assignment must end before it can be given away.",
  },
  "user-slot-needed": {
    blame: "operator",
    recovery: "retry",
    remedy: "Choose under which user of the device you measure: it keeps its users apart.",
  },
  "pairing-question-over": {
    blame: "operator",
    recovery: "retry",
    remedy: "Answer the question that is shown now; this one is not asked any more.",
  },
  "reading-not-certain": {
    blame: "device",
    recovery: "retry",
    remedy: "Measure once more: a reading came of which it is not certain that it was measured in this visit.",
  },
  "reading-undated": {
    blame: "operator",
    recovery: "retry",
    remedy:
      "Ask staff: the reading is safe, but the kiosk does not know the time yet, and so not whose it is. Let the machine's time service set its clock.",
  },
  "consent-text-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Mend the file with the texts of consent: gateway/kiosk/consent/README.md says what it holds.",
  },
  "range-table-invalid": {
    blame: "operator",
    recovery: "stop",
    remedy: "Mend the file with the tables of ranges: gateway/kiosk/ranges/README.md says what it holds.",
  },
});
