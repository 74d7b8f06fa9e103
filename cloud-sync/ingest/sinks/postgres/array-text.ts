/**
 * Arrays as PostgreSQL reads them (its documentation, 8.15.2), for `unnest($1::text[])`. They are written here because
 * the client would first ask each server for its types, and because one native call escapes all bodies at once.
 */

/** Numbers, and texts that need no quotation marks, such as UUIDs. */
export const plainArray = (values: readonly (string | number)[]): string => `{${values.join(",")}}`;

export const textArray = (values: readonly (string | null)[]): string => `{${values.map(quoted).join(",")}}`;

function quoted(value: string | null): string {
  if (value === null) return "NULL";
  return /["\\]/.test(value) ? `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"` : `"${value}"`;
}

/**
 * Texts without control characters, such as those that `JSON.stringify` makes. Of these it escapes exactly what an
 * array wants escaped, in the same way, and writes null as an array does; one native call for all of them.
 */
export const printableArray = (texts: readonly (string | null)[]): string => `{${JSON.stringify(texts).slice(1, -1)}}`;

/**
 * Texts without control characters, for `string_to_array($1::text, chr(10))`: long ones full of quotation marks, such as
 * JSON, would cost the client their escapes and the server the same again.
 */
export const lines = (texts: readonly string[]): string => texts.join("\n");
