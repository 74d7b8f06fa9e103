import { compareDecimals } from "../../../device-drivers/measurement/decimal.ts";
import { decimalOf } from "../../collect/lane.ts";
import type { RangeNote } from "../contract/visit-view.ts";
import type { RangeBound } from "./range-table.ts";

type Category = Pick<RangeNote, "category" | "level">;

/**
 * A table as a row of fields, from the lowest values to the highest, each with the limit to the next one as its source
 * has it, such as "130/80". In the table they stand in the order in which they are tried.
 * @param boundsOf by which a category's values are told from others: two of a blood pressure, one of a concentration; none
 * of the category that is the rest
 */
export function rangeScale<Of extends Category>(
  categories: readonly Of[],
  boundsOf: (category: Of) => readonly (RangeBound | undefined)[],
): RangeNote["scale"] {
  const known = categories.map((each) => {
    const { category, level } = each;
    const given = boundsOf(each).filter((bound) => bound !== undefined);
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
