import type { Command } from "commander";
import { expect, test, vi } from "vitest";
import { usageExitCode } from "../../../gateway/cli/command.ts";
import { carepostProgram } from "../../../gateway/cli/program.ts";
import { keptTerminal } from "../../doubles/kept-terminal.ts";
import { carepost } from "./run-carepost.ts";

/** Every command, and every command within one: as the words that come before its `--help`. */
async function everyCommand(): Promise<readonly (readonly string[])[]> {
  const program = await carepostProgram([], keptTerminal());
  const loaded = program.commands.map(async (command) => {
    const name = command.name();
    const whole = await carepostProgram([name], keptTerminal());
    return whole.commands.filter((one) => one.name() === name).flatMap((one) => wordsWithin(one, []));
  });
  return [[], ...(await Promise.all(loaded)).flat()];
}

function wordsWithin(command: Command, before: readonly string[]): readonly (readonly string[])[] {
  const words = [...before, command.name()];
  return [words, ...command.commands.flatMap((inner) => wordsWithin(inner, words))];
}

/** What it writes to standard output, with the exit code that it would end with. */
async function helpOf(words: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const written: string[] = [];
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
  try {
    const args = [...words, "--help"];
    await (await carepostProgram(args, keptTerminal())).parseAsync(args, { from: "user" });
    return { code: null, text: written.join("") };
  } catch (error) {
    return { code: usageExitCode(error), text: written.join("") };
  } finally {
    stdout.mockRestore();
  }
}

test("every command has a help with its use, an example and its exit codes, which fits 80 columns", async () => {
  const commands = await everyCommand();
  expect(commands.length).toBeGreaterThan(40);
  for (const words of commands) {
    const name = words.join(" ");
    const { code, text } = await helpOf(words);
    expect.soft({ name, code }).toEqual({ name, code: 0 });
    expect.soft(text, name).toMatch(/^Usage: carepost/);
    expect.soft(text, name).toMatch(/Examples:\n {2}\S[^]*Exit codes:\n {2}0 {2}/);
    // A command line to copy stays in one piece.
    const tooLong = text.split("\n").filter((line) => line.length > 80 && !/^ {2}(carepost|echo) /.test(line));
    expect.soft(tooLong, name).toEqual([]);
  }
});

test("the help is data: it goes to standard output, and the exit code is 0", async () => {
  const { code, stdout, stderr } = await carepost(["readings", "list", "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe((await helpOf(["readings", "list"])).text);
});

test("a command that is not known, or none, is bad usage", async () => {
  expect(await carepost(["decod"])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("decode") });
  expect(await carepost([])).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Usage: carepost") });
  expect(await carepost(["devices"])).toMatchObject({ code: 2, stdout: "" });
  expect(await carepost(["devices", "shwo"])).toMatchObject({ code: 2, stderr: expect.stringContaining("show") });
});

test("colours are shown only where they are wanted", async () => {
  const forced = { NO_COLOR: "", FORCE_COLOR: "1" };
  const withColours = await carepost(["decode", "2A19", "64"], { environment: forced });
  expect(withColours.stdout).toContain("\u001B[");
  const without = await carepost(["--no-color", "decode", "2A19", "64"], { environment: forced });
  expect(without.stdout).toBe("Battery Level (2A19)  1 octet\n  level  100 %\n");
  expect((await carepost(["--help", "--no-color"], { environment: forced })).stdout).not.toContain("\u001B[");
});
