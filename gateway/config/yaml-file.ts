import { readFileSync, statSync } from "node:fs";
import { LineCounter, isMap, isScalar, parseDocument, stringify } from "yaml";
import { configErrors } from "./config-error.ts";

/** A configuration file, taken apart so that an error can name the line. */
export interface YamlFile {
  readonly path: string;
  /** Plain data; an empty file is `{}`. */
  readonly values: unknown;
  /** The line of each key, by its dotted path. */
  readonly lines: ReadonlyMap<string, number>;
}

const fileBytesMax = 1_048_576;

/** Rejects with `config-missing`, `config-unreadable` or `config-syntax`. */
export function readYamlFile(path: string): YamlFile {
  const text = readText(path);
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const { line, col } = counter.linePos(fault.pos[0]);
    throw configErrors.make("config-syntax", `${path}:${line}:${col} is not YAML: ${fault.message}`, {
      context: { line, column: col },
    });
  }
  const lines = new Map<string, number>();
  noteLines(document.contents, "", (key, offset) => lines.set(key, counter.linePos(offset).line));
  const values: unknown = document.toJS({ maxAliasCount: 16 });
  return { path, values: values ?? {}, lines };
}

/** Plain data as YAML, for reading: without anchors, which few readers of YAML are used to. */
export const yamlText = (values: unknown): string => stringify(values, { lineWidth: 0, aliasDuplicateObjects: false });

function readText(path: string): string {
  try {
    if (statSync(path).size > fileBytesMax) {
      throw configErrors.make("config-unreadable", `${path} is larger than a configuration can be`);
    }
    return readFileSync(path, "utf8");
  } catch (error) {
    if (configErrors.is(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT") {
      throw configErrors.make("config-missing", `there is no configuration file ${path}`, { cause: error });
    }
    throw configErrors.make("config-unreadable", `${path} cannot be read`, { cause: error, context: { reason: code } });
  }
}

function noteLines(node: unknown, prefix: string, note: (key: string, offset: number) => void): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key) || key.range === null || key.range === undefined) continue;
    const path = prefix === "" ? String(key.value) : `${prefix}.${String(key.value)}`;
    note(path, key.range[0]);
    noteLines(value, path, note);
  }
}
