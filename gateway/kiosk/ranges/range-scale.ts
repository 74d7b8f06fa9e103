import { compareDecimals } from "../../../device-drivers/measurement/decimal.ts";
import { decimalOf } from "../../collect/lane.ts";
import type { RangeNote } from "../contract/visit-view.ts";
import type { RangeBound } from "./range-table.ts";

interface Category extends Pick<RangeNote, "category" | "level"> {
  /** By which its values are told from others: two of a blood pressure, one of a concentration; none if it is the rest. */
  readonly bounds: readonly (RangeBound | undefined)[];
}

/**
 * A table as a row of fields, from the lowest values to the highest, each with the limit to the next one as its source
 * has it, such as "130/80". In the table they stand in the order in which they are tried.
 */
export function rangeScale(categories: readonly Category[]): RangeNote["scale"] {
  const known = categories.map(({ category, level, bounds }) => {
    const given = bounds.filter((bound) => bound !== undefined);
    const limits = given.map(limitOf);
    return { category, level, side: sideOf(given), limit: limits.join("/"), first: limits[0] ?? "0" };
  });
  const rising = (side: "low" | "high"): typeof known =>
    known
      .filter((each) => each.side === side)
      .toSorted((a, b) => compareDecimals(decimalOf(a.first), decimalOf(b.first)));
  const [lows, rest, highs] = [rising("low"), known.filter(({ side }) => side === null).slice(0, 1), rising("high")];
  const fields = [...lows, ...rest, ...highs];
  return fields.map(({ category, level, side, limit }, index) => {
    const next = fields[index + 1];
    const until = side === "low" ? limit : next?.side === "high" ? next.limit : null;
    return { category, level, until: next === undefined ? null : until };
  });
}

const limitOf = (bound: RangeBound): string =>
  "from" in bound ? bound.from : "above" in bound ? bound.above : bound.below;

function sideOf([first]: readonly RangeBound[]): "low" | "high" | null {
  if (first === undefined) return null;
  return "below" in first ? "low" : "high";
}
