import { bundleEntries, bundleOf } from "../../cloud-sync/fhir/bundle.ts";
import { collectionOfReading, type ReadingMapping } from "../../cloud-sync/fhir/collection-of-reading.ts";
import { fhirErrors } from "../../cloud-sync/fhir/fhir-error.ts";
import { fhirText } from "../../cloud-sync/fhir/fhir-json.ts";
import type { StoredReading } from "../store/store.ts";

/** Readings as FHIR, as a stream: what goes before, between and after them. */
export interface FhirWriter {
  readonly head: string;
  readonly tail: string;
  /** The text of one reading; null for one that FHIR is not told of, because nobody knows its time. */
  text(stored: StoredReading): string | null;
}

/** One transaction bundle a line. */
export const fhirLinesWriter = (mapping: ReadingMapping): FhirWriter => ({
  head: "",
  tail: "",
  text: ({ reading }) => unlessUndated(() => `${fhirText(bundleOf(collectionOfReading(reading, mapping)))}\n`),
});

/**
 * All of them as one transaction, in which no entry is told twice. It holds the name of every entry, some 200 bytes, so
 * it is for as many readings as a server takes in one transaction.
 */
export function fhirDocumentWriter(mapping: ReadingMapping): FhirWriter {
  const told = new Set<string>();
  let isFirst = true;
  return {
    head: '{"resourceType":"Bundle","type":"transaction","entry":[',
    tail: "]}\n",
    text: ({ reading }) =>
      unlessUndated(() => {
        const entries = bundleEntries(collectionOfReading(reading, mapping));
        const fresh = entries.filter(({ fullUrl }) => !told.has(fullUrl));
        for (const { fullUrl } of entries) told.add(fullUrl);
        const text = fresh.map(({ element }) => fhirText(element)).join(",\n");
        const separator = isFirst ? "\n" : ",\n";
        isFirst = false;
        return separator + text;
      }),
  };
}

function unlessUndated(make: () => string): string | null {
  try {
    return make();
  } catch (error) {
    if (!fhirErrors.is(error, "fhir-time-unknown")) throw error;
    return null;
  }
}
