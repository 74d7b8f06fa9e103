import { defineErrors } from "../../../device-drivers/kit/carepost-error.ts";

/** Why a decision of staff cannot be carried out. Nothing was changed, but where the code says so. */
export const staffErrors = defineErrors({
  "held-reading-decided": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Look at the list again: somebody else has decided on this reading, or it has gone. The others were dealt with.",
  },
  "consent-not-standing": {
    blame: "operator",
    recovery: "stop",
    remedy:
      "Let this person begin a visit and agree first: nothing is given to somebody who has not agreed, or no longer does.",
  },
  "assignment-unknown": {
    blame: "operator",
    recovery: "stop",
    remedy: "Look at the list again: this assignment has ended, or was never made here.",
  },
  "assignment-of-roster": {
    blame: "operator",
    recovery: "stop",
    remedy: "Change it where the rosters are kept: it came from the cloud, and only the cloud may end it.",
  },
  "slot-taken": {
    blame: "operator",
    recovery: "stop",
    remedy: "End the assignment of this device and slot first, then make the new one.",
  },
  "device-not-paired": {
    blame: "operator",
    recovery: "stop",
    remedy: "Look at the list of paired devices again, and pair the device if it is not in it.",
  },
  "nothing-to-withdraw": {
    blame: "operator",
    recovery: "stop",
    remedy: "Check the code: this person has agreed to nothing that still stands here, and owns nothing here.",
  },
  "no-visit": {
    blame: "operator",
    recovery: "stop",
    remedy: "Nothing is to be done: nobody's visit is under way.",
  },
});
