import type { AbsentReason } from "./absent-reason.ts";

/**
 * What is to be said in FHIR of one measurement. It is wider than a reading of the delivery contract: it can also say
 * that a measurement failed. `findingOfReading` makes it of a reading; whoever decodes frames can make it of those.
 */
export type Finding = GlucoseFinding | PressureFinding;

export interface FindingBasics {
  /** The reading's id: the same for the same measurement, whoever reads it, and however often. */
  readonly id: string;
  /** Whose it is; null if that is not known. */
  readonly person: FhirPerson | null;
  /** When it was measured, as a FHIR dateTime with seconds and a UTC offset. */
  readonly effective: string;
  /**
   * What the device itself says of the time, uncorrected, as seconds since 2000-01-01T00:00:00 of its own clock; null
   * if it does not say.
   */
  readonly deviceSeconds: number | null;
  /** The two clocks side by side; null for a measurement that the device did not date. */
  readonly coincidence: Coincidence | null;
  readonly sequenceNumber: number | null;
  /** Status flags by the names of the driver: "irregular_pulse", "device_battery_low". */
  readonly status: readonly string[];
}

/** What the device's clock said at a time of the gateway's; null if that could not be read or is not to be trusted. */
export interface Coincidence {
  readonly gatewayTime: string;
  readonly deviceTime: string | null;
}

/** A person by a Patient resource of the server, or by an opaque identifier. Never a name, an e-mail or a record number. */
export type FhirPerson =
  | { readonly type: "patient"; readonly id: string }
  | { readonly type: "identifier"; readonly system: string; readonly value: string };

export type Amount<Unit extends string> =
  | { readonly value: string; readonly unit: Unit }
  | { readonly absent: AbsentReason; readonly unit: Unit };

export interface GlucoseFinding extends FindingBasics {
  readonly kind: "glucose" | "ketone";
  /** Null for a record that holds none: only its contexts and its flags are told then. */
  readonly concentration: Amount<"mg/dL" | "mmol/L"> | null;
  readonly sampleType: string;
  readonly sampleLocation: string;
  readonly controlSolution: boolean;
  readonly context: GlucoseContextFinding | null;
}

export interface GlucoseContextFinding {
  readonly carbohydrate?: { readonly id: string; readonly mass: Amount<"g"> } | undefined;
  readonly meal?: string | undefined;
  readonly tester?: string | undefined;
  readonly health?: string | undefined;
  readonly exercise?: { readonly durationS: number | null; readonly intensityPercent: number } | undefined;
  readonly medication?: { readonly id: string; readonly amount: Amount<"mg" | "mL"> } | undefined;
  readonly hba1c?: Amount<"%"> | undefined;
}

export interface PressureFinding extends FindingBasics {
  readonly kind: "blood-pressure";
  readonly systolic: Amount<"mmHg">;
  readonly diastolic: Amount<"mmHg">;
  /** Null where the cuff has no such field. */
  readonly meanArterialPressure: Amount<"mmHg"> | null;
  readonly pulseRate: Amount<"/min"> | null;
}

/** The gateway that took the measurements: the Personal Health Gateway (PHG). */
export interface FhirGateway {
  readonly id: string;
  /** 16 hex digits, OUI first. */
  readonly systemId: string | null;
  readonly softwareVersion: string | null;
  readonly timeSync: "ntp" | "none";
}

/** The device that measured: the Personal Health Device (PHD). */
export interface FhirDevice {
  /** What the gateway knows it by, wherever it has no System ID. */
  readonly id: string;
  /** 16 hex digits, OUI first: the octets of 2A23 come the other way round. */
  readonly systemId: string | null;
  /** Twelve hex digits in pairs; null if it is not lasting, or not known. */
  readonly bluetoothAddress: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
  readonly hardware: string | null;
  readonly software: string | null;
}
