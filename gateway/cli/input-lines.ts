import type { Readable } from "node:stream";

/**
 * The lines of a stream as they come, in groups of those that one chunk completes; null for a line that is longer than
 * `lineCharsMax`, of which nothing is kept. The stream is read no faster than the groups are taken.
 */
export async function* inputLines(input: Readable, lineCharsMax: number): AsyncGenerator<readonly (string | null)[]> {
  let rest = "";
  let isTooLong = false;
  for await (const chunk of input.setEncoding("utf8")) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) {
      yield lines.map((line, index) => ((index === 0 && isTooLong) || line.length > lineCharsMax ? null : line));
      isTooLong = false;
    }
    if (rest.length > lineCharsMax) {
      isTooLong = true;
      rest = "";
    }
  }
  if (isTooLong || rest !== "") yield [isTooLong || rest.length > lineCharsMax ? null : rest];
}
