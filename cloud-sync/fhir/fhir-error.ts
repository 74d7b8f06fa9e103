import { defineErrors } from "../../device-drivers/kit/carepost-error.ts";

/** Why something is not told in FHIR. */
export const fhirErrors = defineErrors({
  "fhir-time-unknown": {
    blame: "device",
    recovery: "quarantine",
    remedy:
      "Set the device's clock, and give the time of receipt and the device's clock with its readings; this one is kept where it is.",
  },
  "fhir-nothing-to-map": {
    blame: "operator",
    recovery: "quarantine",
    remedy:
      "Give at least one frame that holds a measurement: 2A18 with its 2A34, 2A35, 2B34 or 2B36. A cuff's pressure while it measures is not one.",
  },
});
