import { z } from "zod";
import { readYamlFile } from "../../config/yaml-file.ts";
import { kioskErrors } from "../kiosk-error.ts";
import { standardTables } from "./standard-tables.ts";

/**
 * Published tables of where a value lies. Categories are tried in their order, and the first that fits is taken; one
 * without bounds fits everything. A value fits where it fits one of the bounds that are named, in its own unit.
 */
export type RangeTables = z.infer<typeof rangeTables>;
export type RangeBound = z.infer<typeof bound>;

const decimal = z.string().regex(/^(?:0|[1-9]\d{0,3})(?:\.\d{1,3})?$/, "not a plain decimal number, in quotes");
/** `from`: this or more. `above`: more than this. `below`: less than this. One of them, as the source words it. */
const bound = z.union([
  z.strictObject({ from: decimal }),
  z.strictObject({ above: decimal }),
  z.strictObject({ below: decimal }),
]);
const basics = {
  category: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "not the name of a category"),
  level: z.enum(["low", "in-range", "raised", "high", "urgent"]),
};
const source = z.string().min(1).max(200);
/** What a meter shows instead of a number: beyond what it can measure. */
const beyond = z.strictObject({ high: z.strictObject(basics), low: z.strictObject(basics) });

const pressureTable = z.strictObject({
  source,
  categories: z
    .array(z.strictObject({ ...basics, systolic: bound.optional(), diastolic: bound.optional() }))
    .min(1)
    .max(16),
});
const concentrationTable = z.strictObject({
  source,
  /** Null: there is no note on a HI or a LO. */
  beyond: beyond.nullable(),
  categories: z
    .array(z.strictObject({ ...basics, "mg/dL": bound.optional(), "mmol/L": bound.optional() }))
    .min(1)
    .max(16),
});

export const rangeTables = z.strictObject({
  bloodPressure: pressureTable,
  glucose: concentrationTable,
  /** Null: ketones are shown without a note. */
  ketone: concentrationTable.nullable(),
});

export const standardRanges: RangeTables = rangeTables.parse(standardTables);

/**
 * The operator's own tables, from a file of YAML or JSON.
 * @throws CarepostError `range-table-invalid`, and as `readYamlFile` does
 */
export function loadRangeTables(path: string): RangeTables {
  const read = rangeTables.safeParse(readYamlFile(path).values);
  if (read.success) return read.data;
  const told = z.prettifyError(read.error);
  throw kioskErrors.make("range-table-invalid", `${path} does not hold tables of ranges: ${told}`);
}
