import { styleText } from "node:util";

/** What a command says goes to standard output if it is data, and to standard error if it is anything else. */
export interface Terminal {
  /** Data. Resolves when the reader keeps up, so that an endless stream needs no endless memory. */
  out(text: string): Promise<void>;
  /** All that is not data: progress, warnings, hints. */
  note(text: string): void;
  /** Styled if standard output shows styles. */
  readonly paint: Paint;
  readonly paintNote: Paint;
  /** How wide standard output is, in columns; null if it is no terminal. */
  readonly columns: number | null;
  /** The same of standard error. */
  readonly columnsNote: number | null;
  /** Is standard error a terminal, on which progress can be shown? */
  readonly showsProgress: boolean;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "inverse";
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

/** The terminal of this process. `styleText` itself heeds NO_COLOR, FORCE_COLOR and whether the stream is a terminal. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  return {
    out: (text) => written(stdout, text),
    note: (text) => {
      stderr.write(text);
    },
    paint: (style, text) => styleText(style, text, { stream: stdout }),
    paintNote: (style, text) => styleText(style, text, { stream: stderr }),
    columns: stdout.isTTY ? stdout.columns : null,
    columnsNote: stderr.isTTY ? stderr.columns : null,
    showsProgress: stderr.isTTY,
  };
}

/**
 * A reader that has gone away, as `head` does, has what it wanted: the process ends quietly. Any other failure to write
 * is one.
 */
export function endWhenReaderLeaves(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? 0 : 1);
    });
  }
}

function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream.write(text)) resolve();
    else stream.once("drain", resolve);
  });
}
