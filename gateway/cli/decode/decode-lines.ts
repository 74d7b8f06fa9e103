import type { Readable } from "node:stream";
import { fieldsToJson } from "../../../device-drivers/characteristics.ts";
import { failureJson } from "../failure.ts";
import { inputLines } from "../input-lines.ts";
import type { Terminal } from "../terminal.ts";
import { decodeFrame, failed } from "./decode-frame.ts";

/** The longest line, in characters. What is longer is answered with an error, and not kept. */
const lineCharsMax = 65_536;

/**
 * Answers each line `UUID HEX`, or `UUID HEX rx|tx`, with one line of JSON, in order, for as long as lines come. A line
 * that cannot be decoded is answered `{"error": …}` and the next one is read: the exit code says nothing of them. The
 * input is read no faster than the answers are taken.
 */
export async function decodeLines(input: Readable, direction: "rx" | "tx" | null, terminal: Terminal): Promise<void> {
  for await (const lines of inputLines(input, lineCharsMax)) {
    await terminal.out(lines.map((line) => (line === null ? tooLong : answerTo(line, direction))).join(""));
  }
}

/** One line of JSON, with its line feed. */
export function answerTo(line: string, direction: "rx" | "tx" | null): string {
  const [uuid = "", ...words] = line.trim().split(/\s+/);
  if (uuid === "") return failureJson(failed("line-malformed", "the line is empty"));
  const last = words.at(-1)?.toLowerCase();
  const own = last === "rx" || last === "tx" ? last : null;
  const hex = (own === null ? words : words.slice(0, -1)).join("");
  const decoded = decodeFrame({ uuid, hex, direction: own ?? direction });
  return decoded.ok ? `${fieldsToJson(decoded.value.fields)}\n` : failureJson(decoded.error);
}

const tooLong = failureJson(failed("line-malformed", "the line is longer than 64 KiB"));
