import { readFileSync } from "node:fs";

/** A line of a shell that the page tells its reader to type, whole: with its here-document, if it has one. */
export interface PageCommand {
  /** The step's number, as the page counts. */
  readonly step: number;
  /** The first line of it. */
  readonly line: string;
  readonly text: string;
}

const page = readFileSync(new URL("../../../gateway/README.md", import.meta.url), "utf8");

/** Every command of the set-up page's steps, in its order. */
export function pageCommands(): readonly PageCommand[] {
  const commands: PageCommand[] = [];
  let step = 0;
  for (const part of page.split(/^(?=\*\*\d+\. |### )/m)) {
    step = Number(/^\*\*(\d+)\. /.exec(part)?.[1] ?? 0);
    if (step === 0) continue;
    for (const [, block = ""] of part.matchAll(/^```sh\n([^]*?)^```$/gm)) {
      for (const [text] of block.matchAll(/^.*<<'EOF'\n[^]*?^EOF$|^.+$/gm)) {
        commands.push({ step, line: text.split("\n", 1)[0] ?? "", text });
      }
    }
  }
  return commands;
}
