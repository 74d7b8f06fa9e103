/**
 * The texts of the elements of one array in a JSON object, as they were written: `readings` of a batch, each to be kept
 * whole as a dead letter. Parsing and writing again would change numbers that a double cannot hold, and writing is
 * recursive, so that deep nesting would overflow the stack. `text` must be valid JSON. Null if there is no such array.
 */
export function elementTexts(text: string, name: string): readonly string[] | null {
  let found: readonly string[] | null = null;
  for (const { start, end, key } of members(text)) {
    // JSON.parse takes the last of several members of one name, and so must this.
    if (key === name) found = text[start] === "[" ? elements(text, start, end) : null;
  }
  return found;
}

/** The text of one member of a JSON object, as it was written. `text` must be valid JSON. Null if there is none. */
export function memberText(text: string, name: string): string | null {
  let found: string | null = null;
  for (const { start, end, key } of members(text)) if (key === name) found = text.slice(start, end);
  return found;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** The members of the object that the text is. */
function* members(text: string): Generator<Span & { readonly key: string }> {
  let at = skipSpace(text, 0);
  if (text[at] !== "{") return;
  at = skipSpace(text, at + 1);
  while (at < text.length && text[at] !== "}") {
    const keyEnd = valueEnd(text, at);
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    yield { start, end, key: String(key) };
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
}

function elements(text: string, arrayStart: number, arrayEnd: number): readonly string[] {
  const found: string[] = [];
  let at = skipSpace(text, arrayStart + 1);
  while (at < arrayEnd - 1) {
    const end = valueEnd(text, at);
    found.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

/** Where the value that starts at `start` ends. Counts brackets instead of recursing. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      at = stringEnd(text, at);
      if (depth === 0) return at + 1;
    } else if (character === "{" || character === "[") {
      depth += 1;
    } else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) return at + 1;
      if (depth < 0) return at;
    } else if (depth === 0 && (character === "," || isSpace(character))) {
      return at;
    }
  }
  return text.length;
}

/** The closing quotation mark of the string that starts at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\n" || character === "\r" || character === "\t";

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
}
