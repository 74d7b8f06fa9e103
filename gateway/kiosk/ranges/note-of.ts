import type { GlucoseReading, Reading } from "../../../cloud-sync/contract/reading.ts";
import { compareDecimals } from "../../../device-drivers/measurement/decimal.ts";
import { decimalOf } from "../../collect/lane.ts";
import type { RangeNote } from "../contract/visit-view.ts";
import { rangeScale } from "./range-scale.ts";
import type { RangeBound, RangeTables } from "./range-table.ts";

/**
 * Where a reading lies in the published tables: a note, not a diagnosis. Null for a test of the meter itself, for a value
 * that is no number, and where no category fits. Decimals are compared as they are, in the unit of the device.
 */
export function noteOf(reading: Reading, tables: RangeTables): RangeNote | null {
  if (reading.kind === "blood-pressure") return pressureNote(reading, tables.bloodPressure);
  if (reading.controlSolution) return null;
  const table = tables[reading.kind];
  return table === null ? null : concentrationNote(reading.concentration, table);
}

function pressureNote(
  { systolic, diastolic }: Extract<Reading, { kind: "blood-pressure" }>,
  { source, categories }: RangeTables["bloodPressure"],
): RangeNote | null {
  const found = categories.find((each) => {
    if (each.systolic === undefined && each.diastolic === undefined) return true;
    return fits(systolic.value, each.systolic) || fits(diastolic.value, each.diastolic);
  });
  const scale = rangeScale(categories, (each) => [each.systolic, each.diastolic]);
  return found === undefined ? null : { category: found.category, level: found.level, source, scale };
}

function concentrationNote(
  concentration: GlucoseReading["concentration"],
  { source, categories, beyond }: RangeTables["glucose"],
): RangeNote | null {
  const { unit } = concentration;
  const ofUnit = categories.filter((each) => hasBounds(each, unit) || !hasBounds(each));
  const scale = rangeScale(ofUnit, (each) => [each[unit]]);
  if ("absent" in concentration) {
    const { absent } = concentration;
    const side = absent === "positive-infinity" ? "high" : absent === "negative-infinity" ? "low" : null;
    return beyond === null || side === null ? null : { ...beyond[side], source, scale };
  }
  const { value } = concentration;
  const found = ofUnit.find((each) => !hasBounds(each) || fits(value, each[unit]));
  return found === undefined ? null : { category: found.category, level: found.level, source, scale };
}

type Concentrations = Readonly<Partial<Record<"mg/dL" | "mmol/L", RangeBound | undefined>>>;

/** In any unit, or in this one. */
const hasBounds = (bounds: Concentrations, unit?: keyof Concentrations): boolean =>
  unit === undefined ? bounds["mg/dL"] !== undefined || bounds["mmol/L"] !== undefined : bounds[unit] !== undefined;

function fits(value: string, bound: RangeBound | undefined): boolean {
  if (bound === undefined) return false;
  const compared = (limit: string): number => compareDecimals(decimalOf(value), decimalOf(limit));
  if ("from" in bound) return compared(bound.from) >= 0;
  if ("above" in bound) return compared(bound.above) > 0;
  return compared(bound.below) < 0;
}
