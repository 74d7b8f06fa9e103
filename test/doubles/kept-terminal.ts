import { plain, type Terminal } from "../../gateway/cli/terminal.ts";

/** A terminal without colours and of no width that keeps what it is told. */
export interface KeptTerminal extends Terminal {
  /** What went to standard output, piece by piece. */
  readonly written: readonly string[];
  /** What went to standard error. */
  readonly noted: readonly string[];
}

export function keptTerminal(): KeptTerminal {
  const written: string[] = [];
  const noted: string[] = [];
  return {
    written,
    noted,
    out: async (text) => void written.push(text),
    note: (text) => void noted.push(text),
    paint: plain,
    paintNote: plain,
    columns: null,
    columnsNote: null,
    showsProgress: false,
  };
}
