/** The name that was probably meant: the nearest by edits, where that is near at all. */
export function nearestName(wrong: string, names: readonly string[]): string | null {
  const editsMax = Math.max(1, Math.floor(wrong.length / 3));
  const ranked = names
    .map((name) => ({ name, edits: editsBetween(wrong.toLowerCase(), name.toLowerCase()) }))
    .filter(({ edits }) => edits <= editsMax)
    .toSorted((left, right) => left.edits - right.edits);
  return ranked[0]?.name ?? null;
}

/** Levenshtein's distance: how many letters to insert, remove or replace. Two neighbours swapped cost two. */
function editsBetween(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of from.split("").entries()) {
    const current = [row + 1];
    for (const [column, other] of to.split("").entries()) {
      const replace = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replace, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
