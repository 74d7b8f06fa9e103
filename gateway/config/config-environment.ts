import { resolve } from "node:path";
import type { ConfigProblem } from "./config-error.ts";
import type { ConfigKey } from "./key-list.ts";
import { nearestName } from "./nearest-name.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A configuration on its way: plain data, and where each key was said. */
export interface ConfigDraft {
  readonly values: Record<string, unknown>;
  readonly sources: Map<string, string>;
}

const prefix = "CAREPOST_";

/** Variables of the same prefix that are no keys. */
const otherVariables = new Set(["CAREPOST_CONFIG"]);

/** A key that was said on the command line. */
export interface ConfigFlag {
  /** As it was written: `--store`. */
  readonly flag: string;
  readonly key: string;
  readonly text: string;
}

/** Lays what the command line said over a draft. */
export function overlayFlags(
  draft: ConfigDraft,
  keys: readonly ConfigKey[],
  { flags, folder }: { readonly flags: readonly ConfigFlag[]; readonly folder: string },
): void {
  for (const { flag, key: path, text } of flags) {
    const key = keys.find((candidate) => candidate.path === path);
    if (key !== undefined) say(draft, key, { text, source: flag, folder });
  }
}

/** Lays the `CAREPOST_…` variables over a draft, and returns those that no key belongs to. */
export function overlayEnvironment(
  draft: ConfigDraft,
  keys: readonly ConfigKey[],
  { environment, folder }: { readonly environment: Environment; readonly folder: string },
): readonly ConfigProblem[] {
  const strays: ConfigProblem[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || otherVariables.has(variable) || text === undefined) continue;
    const key = keys.find((candidate) => candidate.variable === variable);
    if (key === undefined) {
      strays.push(strayVariable(variable, keys));
      continue;
    }
    say(draft, key, { text, source: variable, folder });
  }
  return strays;
}

interface Saying {
  readonly text: string;
  readonly source: string;
  readonly folder: string;
}

function say(draft: ConfigDraft, key: ConfigKey, { text, source, folder }: Saying): void {
  place(draft.values, key.path.split("."), valueOf(key, text, folder));
  draft.sources.set(key.path, source);
}

/** What cannot be read as the key's kind stays text, so that validation can show it as it was written. */
function valueOf({ kind, isPath }: ConfigKey, text: string, folder: string): unknown {
  if (text === "null") return null;
  if (kind === "number") return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
  if (kind === "boolean") return text === "true" || (text === "false" ? false : text);
  return isPath && text !== "" ? resolve(folder, text) : text;
}

function place(values: Record<string, unknown>, names: readonly string[], value: unknown): void {
  const [name = "", ...rest] = names;
  if (rest.length === 0) {
    values[name] = value;
    return;
  }
  const current = values[name];
  const section = typeof current === "object" && current !== null ? { ...current } : {};
  values[name] = section;
  place(section, rest, value);
}

function strayVariable(variable: string, keys: readonly ConfigKey[]): ConfigProblem {
  // What all of them begin with says nothing of which one was meant.
  const nearest = nearestName(
    variable.slice(prefix.length),
    keys.map((key) => key.variable.slice(prefix.length)),
  );
  const secret = /KEY$|SECRET|PASSWORD|TOKEN/.test(variable);
  return {
    key: variable,
    value: null,
    source: "the environment",
    problem: secret ? "looks like a secret, which never comes from the environment" : "is not a variable of Carepost",
    remedy: secret
      ? "Unset it, and put the key into a file (store.keyFile) or a systemd credential."
      : nearest === null
        ? "Unset it."
        : `Did you mean ${prefix}${nearest}? Rename or unset it.`,
  };
}
