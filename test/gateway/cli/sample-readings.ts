import type { BloodPressureReading, GlucoseReading } from "../../../cloud-sync/contract/reading.ts";
import { reading } from "../../../cloud-sync/contract/reading.ts";

/** Readings as a gateway makes them, of simulated people. They are judged by the contract's own schema. */
const basics = {
  revision: 1,
  device: {
    id: "system-id:C05349FFFE4D0001",
    manufacturer: "Carepost Simulators",
    model: "Virtual Meter",
    serial: "SIM-1",
    firmware: "1.0",
    systemId: "C05349FFFE4D0001",
  },
  person: "sim-0001",
  attribution: { by: "assignment", reference: "a-1" },
  userSlot: null,
  time: {
    device: "2026-03-01T07:58:00",
    deviceOffsetMin: null,
    received: "2026-03-01T08:00:00.000+00:00",
    clockOffsetMs: 0,
    clockMethod: "current-time",
    measured: "2026-03-01T07:58:00.000+00:00",
    uncertaintyMs: 1000,
    basis: "device",
  },
  status: [],
} as const;

export const glucose: GlucoseReading = parsed("glucose", {
  ...basics,
  id: "8a0e1f1e-0000-5000-8000-000000000001",
  kind: "glucose",
  sequenceNumber: 7,
  concentration: { value: "6.0", unit: "mmol/L" },
  sampleType: "capillary_whole_blood",
  sampleLocation: "finger",
  controlSolution: false,
  context: { meal: "fasting" },
  frames: [{ characteristic: "2A18", hex: "0600" }],
});

export const pressure: BloodPressureReading = parsed("blood-pressure", {
  ...basics,
  id: "8a0e1f1e-0000-5000-8000-000000000002",
  kind: "blood-pressure",
  person: null,
  attribution: { by: "none", reference: null },
  sequenceNumber: null,
  systolic: { value: "128", unit: "mmHg" },
  diastolic: { value: "82", unit: "mmHg" },
  meanArterialPressure: null,
  pulseRate: { value: "71", unit: "/min" },
  status: ["irregular_pulse"],
  frames: [{ characteristic: "2A35", hex: "0080" }],
});

function parsed(kind: "glucose", value: unknown): GlucoseReading;
function parsed(kind: "blood-pressure", value: unknown): BloodPressureReading;
function parsed(kind: string, value: unknown): GlucoseReading | BloodPressureReading {
  const judged = reading.parse(value);
  if (judged.kind === kind) return judged;
  throw new TypeError(`a sample of ${kind} became ${judged.kind}`);
}
