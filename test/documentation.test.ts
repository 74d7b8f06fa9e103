import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { carepostProgram } from "../gateway/cli/program.ts";
import { processTerminal } from "../gateway/cli/terminal.ts";
import { commandLinesOf, headingsOf, linksOf } from "./tidy/markdown.ts";
import { filesOf } from "./tidy/files.ts";

/** What is written for people is true: what a page leads to is there, and what it tells to type exists. */
const root = join(import.meta.dirname, "..");
const folders = ["device-drivers", "cloud-sync", "gateway", "simulators", "test"];
const files = folders.flatMap((folder) => filesOf(join(root, folder)));
const pages = [join(root, "README.md"), join(root, "CHANGELOG.md"), ...files.filter((path) => path.endsWith(".md"))];
const told = [...pages, ...files.filter((path) => path.endsWith("-error.ts") && !path.includes("/test/"))];
const texts = new Map(told.map((path) => [path, readFileSync(path, "utf8")]));
const place = (path: string, line: number): string => `${relative(root, path)}:${line}`;

test("each link of a page leads to a file that is there, and to a heading that is in it", () => {
  const dead: string[] = [];
  let links = 0;
  for (const path of pages) {
    for (const { target, line } of linksOf(texts.get(path) ?? "")) {
      links += 1;
      const [file = "", heading] = target.split("#");
      const leadsTo = file === "" ? path : join(dirname(path), file);
      if (!existsSync(leadsTo)) dead.push(`${place(path, line)}: there is no ${target}`);
      else if (heading !== undefined && !headingsOf(readFileSync(leadsTo, "utf8")).includes(heading))
        dead.push(`${place(path, line)}: ${file} has no heading for #${heading}`);
    }
  }
  expect(dead).toEqual([]);
  expect(links).toBeGreaterThan(30);
});

test("each script that a page names is one of package.json", () => {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const named = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(({ 1: name = "" }) => ({ path, name })),
  );
  expect(named.filter(({ name }) => scripts[name] === undefined)).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test("each command and option that a page or a remedy tells to type exists", async () => {
  const wrong: string[] = [];
  let lines = 0;
  for (const [path, text] of texts) {
    for (const { words, line } of commandLinesOf(text)) {
      lines += 1;
      const fault = await faultOf(words);
      if (fault !== null) wrong.push(`${place(path, line)}: carepost ${words.join(" ")}: ${fault}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(lines).toBeGreaterThan(100);
});

test("a command that does not exist, and an option of none, are found", async () => {
  expect(await faultOf(["devices", "list"])).toBeNull();
  expect(await faultOf(["ingest", "--role", "ingestor", "--json"])).toBeNull();
  expect(await faultOf(["nonsense"])).toBe("there is no command nonsense");
  expect(await faultOf(["devices", "nonsense"])).toBe("there is no command nonsense");
  expect(await faultOf(["devices", "list", "--nonsense"])).toBe("there is no option --nonsense");
});

/** What is wrong with a command line; null if each of its commands and options exists. */
async function faultOf(words: readonly string[]): Promise<string | null> {
  let command: Command = await carepostProgram(words, processTerminal());
  for (const word of words.filter((each) => !each.startsWith("-"))) {
    const next = command.commands.find((each) => each.name() === word);
    if (next !== undefined) command = next;
    else if (command.commands.length > 0 && command.registeredArguments.length === 0) {
      if (isPlain(word) && !takesValue(command, words, word)) return `there is no command ${word}`;
    } else break;
  }
  const known = new Set(["--help", "-h", ...optionsOf(command)]);
  if (command.name() === "bench" || command.name() === "carepost") return null;
  const stray = words.find((word) => /^--?[a-z]/.test(word) && !known.has(word.split("=")[0] ?? word));
  return stray === undefined ? null : `there is no option ${stray}`;
}

/** Not a file, a place holder, or words of a shell. */
const isPlain = (word: string): boolean => /^[a-z][a-z-]*$/.test(word);

/** What stands behind an option is its value. */
const takesValue = (command: Command, words: readonly string[], word: string): boolean => {
  const before = words[words.indexOf(word) - 1] ?? "";
  return (
    before.startsWith("-") &&
    command.options.some(({ long, short, required }) => required && [long, short].includes(before))
  );
};

const optionsOf = (command: Command): readonly string[] => [
  ...command.options.flatMap(({ long, short }) => [long, short].filter((flag) => flag !== undefined && flag !== null)),
  ...(command.parent === null ? [] : optionsOf(command.parent)),
];
