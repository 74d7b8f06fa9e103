/** Rows in columns that line up, two blanks apart; the last column is not padded. Widths count letters, not styles. */
export function tableText(rows: readonly (readonly Cell[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => textOf(row[column]).length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => padded(cell, widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** A text, or one with a style, or one that stands to the right of its column, as numbers do. */
export type Cell =
  | string
  | { readonly text: string; readonly style?: (text: string) => string; readonly right?: boolean };

const textOf = (cell: Cell | undefined): string => (typeof cell === "object" ? cell.text : (cell ?? ""));

function padded(cell: Cell, width: number): string {
  if (typeof cell === "string") return cell.padEnd(width);
  const blanks = " ".repeat(Math.max(0, width - cell.text.length));
  const styled = cell.style === undefined ? cell.text : cell.style(cell.text);
  return cell.right === true ? blanks + styled : styled + blanks;
}
