import type { BloodPressureReading, GlucoseReading, Reading } from "../../../cloud-sync/contract/reading.ts";
import { reading as readingSchema } from "../../../cloud-sync/contract/reading.ts";
import { bundleOf } from "../../../cloud-sync/fhir/bundle.ts";
import { collectionOfReading, type ReadingMapping } from "../../../cloud-sync/fhir/collection-of-reading.ts";
import { fhirText } from "../../../cloud-sync/fhir/fhir-json.ts";
import type { Bundle, Observation, Resource } from "@medplum/fhirtypes";

/** Readings of a simulated person, by kind, of which a test changes what it is about. */
const basics = {
  id: "8a0e1f1e-0000-5000-8000-000000000001",
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
  sequenceNumber: 7,
  time: {
    device: "2026-07-01T07:52:00",
    deviceOffsetMin: 0,
    received: "2026-07-01T06:00:00.250Z",
    clockOffsetMs: 360_000,
    clockMethod: "current-time",
    measured: "2026-07-01T07:58:00.000+02:00",
    uncertaintyMs: 2000,
    basis: "device-corrected",
  },
  status: [],
  frames: [{ characteristic: "2A18", hex: "00" }],
} satisfies Partial<GlucoseReading>;

export const glucose = (changes: Partial<GlucoseReading> = {}): GlucoseReading =>
  judged<GlucoseReading>({
    ...basics,
    kind: "glucose",
    concentration: { value: "6.0", unit: "mmol/L" },
    sampleType: "capillary_whole_blood",
    sampleLocation: "finger",
    controlSolution: false,
    context: null,
    ...changes,
  });

export const bloodPressure = (changes: Partial<BloodPressureReading> = {}): BloodPressureReading =>
  judged<BloodPressureReading>({
    ...basics,
    kind: "blood-pressure",
    sequenceNumber: null,
    systolic: { value: "120", unit: "mmHg" },
    diastolic: { value: "80.0", unit: "mmHg" },
    meanArterialPressure: { value: "93", unit: "mmHg" },
    pulseRate: { value: "71", unit: "/min" },
    ...changes,
  });

function judged<Kind extends Reading>(reading: Kind): Kind {
  readingSchema.parse(reading);
  return reading;
}

export const mapping: ReadingMapping = {
  gateway: { id: "gw-0001", systemId: "C05349FFFE000001", softwareVersion: "0.1.0", timeSync: "ntp" },
  profiles: "phd",
};

export const textOf = (reading: Reading, changes: Partial<ReadingMapping> = {}): string =>
  fhirText(bundleOf(collectionOfReading(reading, { ...mapping, ...changes })));

export const bundleFor = (reading: Reading, changes: Partial<ReadingMapping> = {}): Bundle =>
  JSON.parse(textOf(reading, changes));

export const resourcesOf = (bundle: Bundle): readonly Resource[] =>
  (bundle.entry ?? []).flatMap(({ resource }) => (resource === undefined ? [] : [resource]));

export const observationsOf = (bundle: Bundle): readonly Observation[] =>
  resourcesOf(bundle).filter((resource) => resource.resourceType === "Observation");

/** The Observation of one MDC code. */
export function observationOf(bundle: Bundle, mdc: string): Observation | undefined {
  return observationsOf(bundle).find(({ code }) => code.coding?.some((coding) => coding.code === mdc) === true);
}
