import { Command, CommanderError } from "commander";
import type { Argument, HelpConfiguration } from "commander";
import type { Paint, Terminal } from "./terminal.ts";
import { wrapText } from "./wrap-text.ts";

/** What every command's help ends with. */
export interface HelpEnding {
  /** Each with what it does, in a few words. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  /** By their number; 0, 1 and 2 mean the same for every command unless it says more. */
  readonly exitCodes?: Readonly<Record<number, string>>;
  /** For a command whose options come after its commands. */
  readonly options?: readonly (readonly [flags: string, does: string])[];
}

const usualExitCodes: Readonly<Record<number, string>> = { 0: "done", 1: "failed", 2: "bad usage" };

/** A command in the house style: it never ends the process, suggests what was meant, and shows a help worth reading. */
export function newCommand(name: string, terminal: Terminal): Command {
  const command = new Command(name);
  return command
    .exitOverride()
    .enablePositionalOptions()
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureHelp(helpStyle(terminal.paint))
    .configureOutput({
      getOutHelpWidth: () => helpWidth(terminal),
      getErrHelpWidth: () => helpWidth(terminal),
      outputError: (text, write) => {
        const [first = "", ...rest] = text
          .trimEnd()
          .replace(/^error: /, "")
          .split("\n");
        const hints = rest.map((line) => line.replaceAll(/^\(|\)$/g, ""));
        if (hints.length === 0) hints.push(`${pathOf(command)} --help shows how it is used`);
        const told = hints.map((line) => `  ${terminal.paintNote("cyan", "→")} ${line}\n`);
        write(`${terminal.paintNote("red", "✗")} ${plainWords(first)}\n${told.join("")}`);
      },
    });
}

/** As it is typed: `carepost devices list`. */
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** Commander's words on a value that is refused, in those of whoever typed it. */
const plainWords = (text: string): string =>
  text
    .replace(/^command-argument value '(.*)' is invalid for argument '(.*?)'\. /, "<$2> cannot be '$1'. ")
    .replace(/^option '(.*?)' argument '(.*)' is invalid\. /, "$1 cannot be '$2'. ");

/** Adds the examples and the exit codes. */
export function endHelp(command: Command, terminal: Terminal, ending: HelpEnding): Command {
  const { examples, exitCodes = {}, options = [] } = ending;
  const codes = Object.entries({ ...usualExitCodes, ...exitCodes });
  const parts: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ["Options:", pairLines(options, terminal)],
    ["Examples:", pairLines(examples, terminal)],
    ["Exit codes:", codes.flatMap(([code, means]) => codeLines(code, means, terminal))],
  ];
  const shown = parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `\n${terminal.paint("bold", title)}\n${lines.join("\n")}`);
  return command.addHelpText("after", shown.join("\n"));
}

function codeLines(code: string, means: string, terminal: Terminal): readonly string[] {
  const [first = "", ...rest] = wrapText(means, helpWidth(terminal) - 5);
  return [`  ${code}  ${first}`, ...rest.map((line) => `     ${line}`)];
}

/** Each beside what it does, or above it where there is no room for both. */
function pairLines(pairs: HelpEnding["examples"], terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  const width = Math.max(...pairs.map(([line]) => line.length));
  const fits = pairs.every(([, does]) => width + does.length + 4 <= helpWidth(terminal));
  return pairs.flatMap(([line, does]) => {
    if (fits) return [`  ${paint("cyan", line.padEnd(width))}  ${does}`];
    return [`  ${paint("cyan", line)}`, `      ${does}`];
  });
}

/** Was it commander that ended the command: with help or the version (0), or for bad usage (2)? */
export const usageExitCode = (error: unknown): 0 | 2 | null => {
  if (!(error instanceof CommanderError)) return null;
  return error.exitCode === 0 ? 0 : 2;
};

/** Lines of prose are no easier to read for being wider. */
const helpWidth = ({ columns }: Terminal): number => Math.min(columns ?? 80, 100);

const argumentTerm = (argument: Argument): string => {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
};

function helpStyle(paint: Paint): HelpConfiguration {
  return {
    subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
    styleTitle: (text) => paint("bold", text),
    styleCommandText: (text) => paint("cyan", text),
    styleSubcommandText: (text) => paint("cyan", text),
    styleOptionText: (text) => paint("cyan", text),
    styleArgumentText: (text) => paint("yellow", text),
  };
}
