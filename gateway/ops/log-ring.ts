import { z } from "zod";

/** The latest lines of the log, and how often each error's code was told: for whoever helps, and for nobody else. */
export interface LogRing {
  /** Takes a JSON line of the log. */
  keep(line: string): void;
  /** The oldest first. */
  lines(): readonly string[];
  /** By code, since the program started; the most frequent first. */
  codes(): readonly { readonly code: string; readonly count: number }[];
}

const linesMax = 400;
const lineCharsMax = 1_024;
const codesMax = 128;

const coded = z.looseObject({ code: z.string().max(64) });

/** It holds nothing but what the log's allow-list has let through. */
export function createLogRing(): LogRing {
  const lines: string[] = [];
  const counts = new Map<string, number>();
  let next = 0;
  return {
    keep: (line) => {
      const text = line.trimEnd();
      if (text.length > lineCharsMax) return;
      lines[next] = text;
      next = (next + 1) % linesMax;
      const code = codeOf(text);
      if (code !== null && (counts.has(code) || counts.size < codesMax)) counts.set(code, (counts.get(code) ?? 0) + 1);
    },
    lines: () => (lines.length < linesMax ? [...lines] : [...lines.slice(next), ...lines.slice(0, next)]),
    codes: () =>
      [...counts]
        .map(([code, count]) => ({ code, count }))
        .toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
  };
}

/** Most lines have none, and are not read. */
function codeOf(text: string): string | null {
  if (!text.includes('"code":"')) return null;
  return coded.safeParse(JSON.parse(text)).data?.code ?? null;
}
