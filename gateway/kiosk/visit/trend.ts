import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { Store, StoredReading } from "../../store/store.ts";
import type { KioskView } from "../contract/kiosk-view.ts";
import type { TrendView } from "../contract/visit-view.ts";

const pointsMax = 200;

/** A person's readings of one kind at this kiosk, as a curve; null if there is nothing to compare. */
export async function trendOf(
  store: Pick<Store, "readings">,
  of: { readonly person: string; readonly kind: TrendView["kind"]; readonly glucoseUnit: KioskView["glucoseUnit"] },
): Promise<TrendView | null> {
  const stored = await store.readings({ person: of.person, limit: pointsMax });
  const points = stored
    .filter(isShown)
    .flatMap(({ reading }) => pointOf(reading, of))
    .toSorted((a, b) => a.at - b.at);
  if (points.length < 2) return null;
  return { kind: of.kind, unit: of.kind === "glucose" ? of.glucoseUnit : "mmHg", points };
}

const isShown = ({ state }: StoredReading): boolean => state === "waiting" || state === "delivered";

function pointOf(
  reading: Reading,
  { kind, glucoseUnit }: { readonly kind: TrendView["kind"]; readonly glucoseUnit: KioskView["glucoseUnit"] },
): TrendView["points"] {
  const { measured } = reading.time;
  if (measured === null || reading.kind !== kind) return [];
  const at = Date.parse(measured);
  if (reading.kind === "blood-pressure") {
    return [{ at, values: [Number(reading.systolic.value), Number(reading.diastolic.value)] }];
  }
  const { concentration, controlSolution } = reading;
  if (controlSolution || !("value" in concentration)) return [];
  const value = Number(concentration.value);
  if (concentration.unit === glucoseUnit) return [{ at, values: [value] }];
  return [{ at, values: [glucoseUnit === "mg/dL" ? value * mgPerDlInMmolPerL : value / mgPerDlInMmolPerL] }];
}

/** The molar mass of glucose is 180.156 g/mol. A curve is for the eye; the values themselves are never converted. */
const mgPerDlInMmolPerL = 18.0156;
