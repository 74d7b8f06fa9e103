/**
 * The entry of a table by a name that came over the wire; undefined for a name that it lacks. A plain look-up would find
 * "constructor" in every table.
 */
export const entryOf = <Entry>(table: Readonly<Record<string, Entry>>, name: string): Entry | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
