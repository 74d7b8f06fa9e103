import type { z } from "zod";
import type { ConfigProblem } from "./config-error.ts";
import type { ConfigKey } from "./key-list.ts";
import { nearestName } from "./nearest-name.ts";
import type { YamlFile } from "./yaml-file.ts";

/** What was validated, and what is known of where it came from. */
interface ProblemContext {
  readonly values: unknown;
  readonly sources: ReadonlyMap<string, string>;
  readonly keys: readonly ConfigKey[];
  readonly file: YamlFile | null;
}

/** What zod found, in the words of an operator: the key, the value, where it was said, what is wrong, what to do. */
export function problemsOf(error: z.ZodError, context: ProblemContext): readonly ConfigProblem[] {
  return error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((name) => unknownKey([...issue.path, name].join("."), context))
      : [wrongValue(issue, context)],
  );
}

function wrongValue(issue: z.core.$ZodIssue, context: ProblemContext): ConfigProblem {
  const key = issue.path.join(".");
  const value = valueAt(context.values, issue.path);
  const known = context.keys.find(({ path }) => path === key);
  const here = context.file?.path ?? "carepost.yaml";
  return {
    key,
    value: value === undefined ? null : shown(value),
    source: context.sources.get(key) ?? "not set",
    problem: value === undefined ? "is missing" : sentence(issue, value),
    remedy:
      known === undefined
        ? `Write ${key} as a section in ${here}, with its keys indented below it.`
        : `${known.description} Set it in ${here} or in ${known.variable}.`,
  };
}

function unknownKey(key: string, { sources, keys, values }: ProblemContext): ConfigProblem {
  const names = [...new Set(keys.flatMap(({ path }) => prefixes(path)))];
  const sameDepth = names.filter((name) => name.split(".").length === key.split(".").length);
  const meant = nearestName(key, sameDepth) ?? elsewhere(key, keys);
  return {
    key,
    value: shown(valueAt(values, key.split("."))),
    source: sources.get(key) ?? "not set",
    problem: "is not a key of the configuration",
    remedy: meant === null ? "Remove it." : `Did you mean ${meant}?`,
  };
}

/** A key that exists under this name in another section. */
function elsewhere(key: string, keys: readonly ConfigKey[]): string | null {
  const name = key.split(".").at(-1) ?? key;
  return keys.find(({ path }) => path.endsWith(`.${name}`))?.path ?? null;
}

const prefixes = (path: string): readonly string[] =>
  path.split(".").map((_, index, names) => names.slice(0, index + 1).join("."));

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "invalid_type" && issue.expected === "object") return "is not a section";
  if (issue.code === "invalid_type") return `is ${kindOf(value)} where ${wanted(issue.expected)} is meant`;
  if (issue.code === "too_small") return typeof value === "string" ? "is empty" : `is less than ${issue.minimum}`;
  if (issue.code === "too_big") return `is more than ${issue.maximum}`;
  const ours = !issue.message.startsWith("Invalid");
  if (issue.code === "invalid_value" && !ours) return `is not one of ${issue.values.map(String).join(", ")}`;
  return /^(?:is|has|holds|sends) /.test(issue.message) ? issue.message : `is ${issue.message}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const kinds: Readonly<Record<string, string>> = { string: "a text", number: "a number", boolean: "true or false" };
  return kinds[typeof value] ?? "a section";
}

function wanted(expected: string): string {
  const kinds: Readonly<Record<string, string>> = {
    string: "a text (in quotes if it looks like a number)",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
  };
  return kinds[expected] ?? expected;
}

/** As JSON, with the password of an address blanked and cut to a line. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? "").replace(/(\/\/[^/@"]*):[^/@"]*@/, "$1:…@");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(values: unknown, path: readonly PropertyKey[]): unknown {
  let value = values;
  for (const name of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}
