import type { DecodeFault } from "../../kit/decode-fault.ts";
import { decodeFeatures, encodeFeatures } from "../../kit/features.ts";
import type { Result } from "../../kit/result.ts";

/** Glucose Feature (2A51): what the meter can detect, by name. */
export const decodeGlucoseFeature = (bytes: Uint8Array): Result<readonly string[], DecodeFault> =>
  decodeFeatures(glucoseFeatures, bytes);

/** Throws `RangeError` for an unknown name. */
export const encodeGlucoseFeature = (features: readonly string[]): Uint8Array =>
  encodeFeatures(glucoseFeatures, features);

export const glucoseFeatures = {
  characteristic: "Glucose Feature",
  names: [
    "low_battery_detection",
    "sensor_malfunction_detection",
    "sample_size_detection",
    "strip_insertion_error_detection",
    "strip_type_error_detection",
    "result_high_low_detection",
    "temperature_high_low_detection",
    "read_interrupt_detection",
    "general_device_fault",
    "time_fault",
    "multiple_bond",
  ],
} as const;
