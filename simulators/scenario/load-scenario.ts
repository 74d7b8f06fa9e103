import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { z } from "zod";
import { simulatorErrors } from "../simulator-error.ts";
import { type Scenario, scenario } from "./scenario.ts";

const builtinFolder = join(import.meta.dirname, "builtin");

/** The scenarios that come with Carepost. */
export const builtinScenarios = (): readonly string[] =>
  readdirSync(builtinFolder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .toSorted((left, right) => left.localeCompare(right, "en"));

/**
 * Reads a scenario: a file's path, or the name of one that comes with Carepost.
 * @throws CarepostError `scenario-not-found`, or `scenario-invalid` whose message names every key that is wrong
 */
export function loadScenario(nameOrPath: string): Scenario {
  const path = builtinScenarios().includes(nameOrPath) ? join(builtinFolder, `${nameOrPath}.yaml`) : nameOrPath;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw simulatorErrors.make("scenario-not-found", `there is no scenario "${nameOrPath}"`, { cause: error });
  }
  return parseScenario(text, nameOrPath);
}

/** @throws CarepostError `scenario-invalid` */
export function parseScenario(text: string, source: string): Scenario {
  let described: unknown;
  try {
    described = parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw simulatorErrors.make("scenario-invalid", `${source} is not YAML: ${reason}`, { cause: error });
  }
  const parsed = scenario.safeParse(described);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${problemText(issue, described)}`);
  throw simulatorErrors.make("scenario-invalid", `${source} is no valid scenario:\n${problems.join("\n")}`);
}

/** "devices[1].unit is "stone": ..." */
function problemText(issue: z.core.$ZodIssue, described: unknown): string {
  const key = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  const value = issue.path.reduce<unknown>(
    (inner, part) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, part) : undefined),
    described,
  );
  const place = key === "" ? "the scenario" : key.replace(/^\./, "");
  return `${place} ${valueText(value)}: ${remedyText(issue)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return "is missing";
  const text = JSON.stringify(value);
  return text.length > 60 ? "is wrong" : `is ${text}`;
}

function remedyText(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `remove ${issue.keys.join(", ")}, or correct the spelling`;
  if (issue.code === "invalid_value") return `write one of ${issue.values.map(String).join(", ")}`;
  if (issue.code === "invalid_union") return `write one of the kinds that the documentation lists`;
  return issue.message;
}
