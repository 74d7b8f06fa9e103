import type { MdcCode } from "./code-systems.ts";

/** Status flags that become one Observation with a component for each flag that is set. */
export interface StatusCodes extends MdcCode {
  /** The bit of the ASN1ToHL7 code, and its name there, by the names of the driver. */
  readonly bits: Readonly<Record<string, readonly [bit: number, name: string]>>;
}

/** Blood Pressure Measurement status (2A35): the two bits of the pulse range are an enumeration there, and two here. */
export const pressureStatus: StatusCodes = {
  mdc: "8410608",
  name: "MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS",
  bits: {
    body_movement: [0, "body-movement"],
    cuff_too_loose: [1, "cuff-too-loose"],
    irregular_pulse: [2, "irregular-pulse"],
    pulse_rate_above_upper_limit: [3, "pulse-rate-exceeds-upper-limit"],
    pulse_rate_below_lower_limit: [4, "pulse-rate-less-than-lower-limit"],
    improper_position: [5, "improper-body-position"],
  },
};

/**
 * Sensor Status Annunciation (2A18). Its bit 11, the time fault, is not here: that bit of ASN1ToHL7 is a temperature
 * out of range, and a fault of the device's clock is told by the coincident time stamp.
 */
export const glucoseStatus: StatusCodes = {
  mdc: "8417752",
  name: "MDC_GLU_METER_DEV_STATUS",
  bits: {
    device_battery_low: [0, "device-battery-low"],
    sensor_malfunction: [1, "sensor-malfunction"],
    sample_size_insufficient: [2, "sensor-sample-size-insufficient"],
    strip_insertion_error: [3, "sensor-strip-insertion"],
    strip_type_incorrect: [4, "sensor-strip-type-incorrect"],
    result_too_high: [5, "sensor-result-too-high"],
    result_too_low: [6, "sensor-result-too-low"],
    temperature_too_high: [7, "sensor-temp-too-high"],
    temperature_too_low: [8, "sensor-temp-too-low"],
    read_interrupted: [9, "sensor-read-interrupt"],
    general_device_fault: [10, "device-gen-fault"],
  },
};

/** The flag by which a meter says that its clock is not to be trusted. */
export const timeFault = "time_fault";
