/** FHIR resources as plain JSON. They are built by tables and functions, and written by `fhirText`. */
export type FhirValue = string | boolean | ExactNumber | readonly FhirValue[] | FhirElement;
export interface FhirElement {
  readonly [name: string]: FhirValue | undefined;
}

export interface FhirResource extends FhirElement {
  readonly resourceType: string;
}

declare global {
  interface JSON {
    /** ECMAScript 2025: a text that `JSON.stringify` writes as it is. */
    rawJSON(text: string): ExactNumber;
  }
}

/** A number with the digits that the device gave it: 6.0 stays 6.0, where a JavaScript number would write 6. */
export interface ExactNumber {
  readonly rawJSON: string;
}

/**
 * The number of a plain decimal text such as "6.0" or "-12".
 * @throws RangeError for anything else, so that nothing but a number is ever written unquoted
 */
export function exactNumber(decimalText: string): ExactNumber {
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(decimalText)) throw new RangeError("not a plain decimal number");
  return JSON.rawJSON(decimalText);
}

/** One line of JSON without a line feed. The same resource always gives the same text. */
export const fhirText = (resource: FhirElement): string => JSON.stringify(resource);
