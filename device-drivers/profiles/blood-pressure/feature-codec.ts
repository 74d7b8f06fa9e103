import type { DecodeFault } from "../../kit/decode-fault.ts";
import { decodeFeatures, encodeFeatures } from "../../kit/features.ts";
import type { Result } from "../../kit/result.ts";

/** Blood Pressure Feature (2A49), by name. The last three came with version 1.1 of the service. */
export const decodeBloodPressureFeature = (bytes: Uint8Array): Result<readonly string[], DecodeFault> =>
  decodeFeatures(bloodPressureFeatures, bytes);

/** Throws `RangeError` for an unknown name. */
export const encodeBloodPressureFeature = (features: readonly string[]): Uint8Array =>
  encodeFeatures(bloodPressureFeatures, features);

export const bloodPressureFeatures = {
  characteristic: "Blood Pressure Feature",
  names: [
    "body_movement_detection",
    "cuff_fit_detection",
    "irregular_pulse_detection",
    "pulse_rate_range_detection",
    "measurement_position_detection",
    "multiple_bond",
    "e2e_crc",
    "user_data_service",
    "user_facing_time",
  ],
} as const;
