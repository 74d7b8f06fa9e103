import type { Decimal, MedicalNumber } from "./decimal.ts";
import type { DeviceDateTime } from "./device-time.ts";

/** What a device said, decoded and given meaning, but without an identity, a person or an instant yet. */
export type Measurement = GlucoseReadout | BloodPressureReadout;

export interface MeasurementBasics {
  /** What the device's own clock said, uncorrected; null where it has none or did not say. */
  readonly deviceTime: DeviceDateTime | null;
  /** Minutes that the device adds to `deviceTime` for its display (glucose: Time Offset); null where there is none. */
  readonly deviceTimeOffsetMin: number | null;
  /** The device's record number, where its profile has one. */
  readonly sequenceNumber: number | null;
  /** The device's own user slot, 0 to 254; null where it has none or does not know (255). Never a person. */
  readonly userSlot: number | null;
  /**
   * The octets that make the value, as the device sent them: a part of the reading's identity. They hold neither time
   * nor sequence number nor what may come in a second frame.
   */
  readonly valueBytes: Uint8Array;
  /** Every frame that went into this measurement, whole and unchanged, in the order of arrival. */
  readonly frames: readonly RawFrame[];
}

export interface RawFrame {
  readonly characteristic: string;
  readonly bytes: Uint8Array;
}

/** A number with its unit, or why there is no number. */
export interface Quantity<Unit extends string> {
  readonly number: MedicalNumber;
  readonly unit: Unit;
}

export interface GlucoseReadout extends MeasurementBasics {
  /** `ketone` where a vendor sends beta-hydroxybutyrate through the glucose profile. */
  readonly kind: "glucose" | "ketone";
  /** In the unit family of the device: mass stays mass, molar stays molar. Infinities are the meter's HI and LO. */
  readonly concentration: Quantity<"mg/dL" | "mmol/L">;
  readonly sampleType: string;
  readonly sampleLocation: string;
  /** A test of the meter with control solution: never a person's reading. */
  readonly controlSolution: boolean;
  readonly status: readonly string[];
  readonly context: GlucoseContext | null;
  /** The meter announced a context that has not come: the record is asked for again in the next session. */
  readonly contextMissing: boolean;
}

/** Glucose Measurement Context (2A34), by the names of the specification. */
export interface GlucoseContext {
  readonly carbohydrate?: { readonly id: string; readonly mass: Quantity<"g"> };
  readonly meal?: string;
  readonly tester?: string;
  readonly health?: string;
  readonly exercise?: { readonly durationS: number | null; readonly intensityPercent: number };
  readonly medication?: { readonly id: string; readonly amount: Quantity<"mg" | "mL"> };
  readonly hba1c?: Quantity<"%">;
}

export interface BloodPressureReadout extends MeasurementBasics {
  readonly kind: "blood-pressure";
  /** In mmHg always; kPa is converted exactly (1 kPa = 7.500617 mmHg), and the frame keeps what the cuff said. */
  readonly systolic: Decimal;
  readonly diastolic: Decimal;
  readonly meanArterialPressure: Decimal | null;
  readonly pulseRate: Decimal | null;
  readonly status: readonly string[];
}
