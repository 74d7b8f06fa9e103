import type { BloodPressureReading, GlucoseReading, Reading } from "../../../cloud-sync/contract/reading.ts";

/** Valid readings, each of a number, for the tests of the ingestion end. Nobody's body: `sim-0001` is no person. */
const basics = (number: number): Pick<Reading, CommonField> => ({
  id: readingId(number),
  revision: 1,
  device: {
    id: "system-id:0011223344556677",
    manufacturer: "Example",
    model: "M-1",
    serial: "SN-0001",
    firmware: "1.0",
    systemId: "0011223344556677",
  },
  person: "sim-0001",
  attribution: { by: "assignment", reference: "assignment-1" },
  userSlot: null,
  sequenceNumber: number,
  time: {
    device: "2026-01-30T05:58:27",
    deviceOffsetMin: 0,
    received: "2026-01-30T05:58:30.123Z",
    clockOffsetMs: 200,
    clockMethod: "current-time",
    measured: "2026-01-30T05:58:27.000+00:00",
    uncertaintyMs: 1000,
    basis: "device-corrected",
  },
  status: [],
  frames: [{ characteristic: "2A18", hex: "0B0100EA0701180A1E00000000B0B0F800" }],
});

type CommonField =
  | "id"
  | "revision"
  | "device"
  | "person"
  | "attribution"
  | "userSlot"
  | "sequenceNumber"
  | "time"
  | "status"
  | "frames";

export const readingId = (number: number): string => `0190f3c0-0000-8000-8000-${number.toString(16).padStart(12, "0")}`;

export const glucose = (number: number, changes: Partial<GlucoseReading> = {}): GlucoseReading => ({
  ...basics(number),
  kind: "glucose",
  concentration: { value: "104", unit: "mg/dL" },
  sampleType: "capillary-whole-blood",
  sampleLocation: "finger",
  controlSolution: false,
  context: null,
  ...changes,
});

export const bloodPressure = (number: number, changes: Partial<BloodPressureReading> = {}): BloodPressureReading => ({
  ...basics(number),
  kind: "blood-pressure",
  systolic: { value: "120", unit: "mmHg" },
  diastolic: { value: "80", unit: "mmHg" },
  meanArterialPressure: null,
  pulseRate: { value: "66.0", unit: "/min" },
  ...changes,
});

/** A batch as it travels. `readings` may be anything: some tests send what is wrong. */
export const batchPayload = (gateway: string, batch: string, readings: readonly unknown[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ v: 1, batch, gateway, readings }));
