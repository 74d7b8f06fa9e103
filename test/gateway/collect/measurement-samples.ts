import type { DeviceDateTime } from "../../../device-drivers/measurement/device-time.ts";
import type { BloodPressureReadout, GlucoseReadout } from "../../../device-drivers/measurement/measurement.ts";

/** "2026-03-01T10:00:00" as a device's own date and time. */
export function deviceTime(text: string): DeviceDateTime {
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = text.split(/[-T:]/).map(Number);
  return { year, month, day, hours, minutes, seconds };
}

export const glucoseSample: GlucoseReadout = {
  kind: "glucose",
  concentration: { number: { mantissa: 104, exponent: 0 }, unit: "mg/dL" },
  sampleType: "capillary-whole-blood",
  sampleLocation: "finger",
  controlSolution: false,
  status: [],
  context: null,
  contextMissing: false,
  deviceTime: deviceTime("2026-03-01T10:00:00"),
  deviceTimeOffsetMin: null,
  sequenceNumber: 7,
  userSlot: null,
  valueBytes: Uint8Array.of(0, 0x68, 0xb0, 0x11),
  frames: [{ characteristic: "2A18", bytes: Uint8Array.of(2, 7, 0) }],
};

export const pressureSample: BloodPressureReadout = {
  kind: "blood-pressure",
  systolic: { mantissa: 120, exponent: 0 },
  diastolic: { mantissa: 80, exponent: 0 },
  meanArterialPressure: { mantissa: 93, exponent: 0 },
  pulseRate: { mantissa: 70, exponent: 0 },
  status: [],
  deviceTime: deviceTime("2026-03-01T10:00:00"),
  deviceTimeOffsetMin: null,
  sequenceNumber: null,
  userSlot: null,
  valueBytes: Uint8Array.of(0, 120, 0, 80, 0, 93, 0),
  frames: [{ characteristic: "2A35", bytes: Uint8Array.of(0x1e, 120, 0, 80, 0, 93, 0) }],
};
