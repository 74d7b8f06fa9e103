/** What `documentation.test.ts` needs to know of a page. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface CommandLine {
  /** What stands behind `carepost`, up to the end of the command. */
  readonly words: readonly string[];
  readonly line: number;
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** The links and pictures of a page that lead to a place in the project. */
export function linksOf(text: string): readonly Link[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(({ 1: target = "", index }) => ({ target, line: lineOf(text, index) }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- _]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The `carepost` commands in code: between backticks, and at the beginning of a line of a shell's block. */
export function commandLinesOf(text: string): readonly CommandLine[] {
  const inline = [...text.matchAll(/`(?:sudo )?(?:npm run )?carepost (?:-- )?([^`\n]+)`/g)];
  const block = [...text.matchAll(/^(?:sudo )?(?:npm run )?carepost (?:-- )?([^\n]+)$/gm)];
  return [...inline, ...block].map(({ 1: said = "", index }) => ({
    words: (said.split(/[|;>&#]/)[0] ?? "").split(/[\s"']+/).filter((word) => word !== "" && word !== "\\"),
    line: lineOf(text, index),
  }));
}
