/** The name of an enumerated value; what the specification reserves is "reserved_" and its number. */
export const nameOf = (names: Readonly<Record<number, string>>, value: number): string =>
  names[value] ?? `reserved_${value}`;

/** The names of the bits that are set, from bit 0 up. A null name is a bit that is reserved or told elsewhere: ignored. */
export function namesOfBits(names: readonly (string | null)[], bits: number): readonly string[] {
  const set: string[] = [];
  for (const [bit, name] of names.entries()) {
    if (name !== null && ((bits >>> bit) & 1) === 1) set.push(name);
  }
  return set;
}

/** The inverse of `namesOfBits`. Throws `RangeError` for a name that is not in the table. */
export function bitsOfNames(names: readonly (string | null)[], set: readonly string[]): number {
  let bits = 0;
  for (const name of set) {
    const bit = names.indexOf(name);
    if (bit < 0) throw new RangeError(`There is no bit named ${name}.`);
    bits += 2 ** bit;
  }
  return bits;
}
