import { reading as readingSchema, type Reading } from "../contract/reading.ts";
import { canonicalForm } from "./canonical-form.ts";
import { readingContradiction } from "./reading-rules.ts";
import type { Delivery } from "./sink.ts";

/** What the ingestion end looks at in a reading, and all of it as text. */
export interface ReadingRecord {
  readonly id: string;
  readonly revision: number;
  readonly kind: string;
  readonly person: string | null;
  readonly device: string;
  readonly measured: string | null;
  /** The reading as `JSON.stringify` writes it. */
  readonly text: string;
}

export const recordOf = (delivery: Delivery): ReadingRecord => delivery.record ?? written(delivery.reading);

const written = (reading: Reading): ReadingRecord => ({
  id: reading.id,
  revision: reading.revision,
  kind: reading.kind,
  person: reading.person,
  device: reading.device.id,
  measured: reading.time.measured,
  text: JSON.stringify(reading),
});

/**
 * The valid reading that stands at a place of a text, without parsing it: a tenth of the work of parsing,
 * validating and writing it again. Null where there is none, or one that is not in canonical form: then it has to be
 * read the long way, which also says what is wrong.
 */
export function readingAt(text: string, start: number): ReadingRecord | null {
  const { expression, groupOf } = (readingForm ??= makeReadingForm());
  expression.lastIndex = start;
  const match = expression.exec(text);
  if (match === null) return null;
  const id = quoted(match[groupOf.id]);
  const person = nullable(match[groupOf.person]);
  const measured = nullable(match[groupOf.measured]);
  const contradiction = readingContradiction({
    person,
    by: quoted(match[groupOf.by]),
    measured,
    basis: quoted(match[groupOf.basis]),
    isMeterTest: match[groupOf.controlSolution] === "true",
  });
  if (contradiction !== null || upperCase.test(id)) return null;
  return {
    id,
    revision: Number(match[groupOf.revision]),
    kind: quoted(match[groupOf.glucoseKind] ?? match[groupOf.pressureKind]),
    person,
    device: quoted(match[groupOf.device]),
    measured,
    text: match[0],
  };
}

/** Made when it is first needed: it takes some 30 ms, which a command that reads no batch need not wait for. */
let readingForm: ReturnType<typeof makeReadingForm> | null = null;

function makeReadingForm(): { readonly expression: RegExp; readonly groupOf: Readonly<Record<GroupName, number>> } {
  const { expression, groups } = canonicalForm(readingSchema, [
    "id",
    "revision",
    "device.id",
    "person",
    "attribution.by",
    "time.measured",
    "time.basis",
    "kind",
    "controlSolution",
  ]);
  const group = (path: string, choice = 0): number => groups.get(path)?.[choice] ?? Number.NaN;
  const groupOf = {
    id: group("id"),
    revision: group("revision"),
    device: group("device.id"),
    person: group("person"),
    by: group("attribution.by"),
    measured: group("time.measured"),
    basis: group("time.basis"),
    glucoseKind: group("kind", 0),
    pressureKind: group("kind", 1),
    controlSolution: group("controlSolution"),
  };
  return { expression, groupOf };
}

type GroupName =
  | "id"
  | "revision"
  | "device"
  | "person"
  | "by"
  | "measured"
  | "basis"
  | "glucoseKind"
  | "pressureKind"
  | "controlSolution";

/** An id has one form: see `withCanonicalId`. */
const upperCase = /[A-F]/;

/** Nothing in a canonical text is escaped. */
const quoted = (json: string | undefined): string => json?.slice(1, -1) ?? "";
const nullable = (json: string | undefined): string | null => (json === "null" ? null : quoted(json));
