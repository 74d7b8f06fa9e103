/** What `tidy.test.ts` needs to know of a source text. It reads text, not syntax: the compiler and the linter do that. */
export interface ImportStatement {
  readonly specifier: string;
  readonly line: number;
}

/** Every module that a text imports, also dynamically, also for its types only. */
export function importsOf(text: string): readonly ImportStatement[] {
  const found: ImportStatement[] = [];
  for (const match of text.matchAll(
    /(?:^|\n)(?:import|export)\b[^;"']*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g,
  )) {
    const specifier = match[1] ?? match[2] ?? match[3];
    if (specifier !== undefined) found.push({ specifier, line: text.slice(0, match.index).split("\n").length });
  }
  return found;
}

export interface FunctionLength {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** The lines of code of each function that starts at the left margin or is a method, judged by its closing brace. */
export function functionLengths(text: string, path: string): readonly FunctionLength[] {
  const lines = text.split("\n");
  const found: FunctionLength[] = [];
  for (const [index, line] of lines.entries()) {
    const opening =
      /^(\s*)(?:export )?(?:async )?(?:function\*? |(?:const|static|readonly) )?(#?[\w$]+)?.*(?:=>|\)(?::[^={]+)?) \{$/.exec(
        line,
      );
    if (opening === null || /^\s*(?:if|for|while|switch|catch|else|return|(?:export )?class|\}|\.|\/\/|\*)/.test(line))
      continue;
    const indent = opening[1] ?? "";
    const end = lines.findIndex((candidate, at) => at > index && candidate.startsWith(`${indent}}`));
    if (end < 0) continue;
    const body = lines.slice(index, end + 1).filter((candidate) => !/^\s*(?:$|\/\/|\*|\/\*)/.test(candidate));
    found.push({ name: opening[2] ?? path, line: index + 1, lines: body.length });
  }
  return found;
}
