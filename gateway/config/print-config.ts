import type { LoadedConfig } from "./load-config.ts";
import { yamlText } from "./yaml-file.ts";

/** One key as it is in force. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: unknown;
  /** `carepost.yaml:14`, `CAREPOST_UPLINK_URL`, `--store` or `default`. */
  readonly source: string;
}

/** Every key that is in force, in the order of the schema. No key holds a secret. */
export function configEntries({ config, sources, keys }: LoadedConfig<object>): readonly ConfigEntry[] {
  return keys.map(({ path }) => ({ key: path, value: valueAt(config, path), source: sources.get(path) ?? "default" }));
}

/** A configuration file that says the same, with where each key comes from. */
export function configText(loaded: LoadedConfig<object>): string {
  const entries = configEntries(loaded).map(({ key, value, source }) => {
    const sections = key.split(".");
    const name = sections.pop() ?? "";
    const line = `${"  ".repeat(sections.length)}${name}: ${yamlText(value).trimEnd()}`;
    return { sections, source, line };
  });
  const width = Math.max(...entries.map(({ line }) => line.length));
  let open: readonly string[] = [];
  return entries
    .map(({ sections, source, line }) => {
      const heads = newHeads(open, sections);
      open = sections;
      return `${heads}${line.padEnd(width)}  # ${source}\n`;
    })
    .join("");
}

/** The lines that open the sections which are not open yet. */
function newHeads(open: readonly string[], sections: readonly string[]): string {
  const differs = sections.findIndex((name, depth) => open[depth] !== name);
  if (differs < 0) return "";
  return sections.map((name, depth) => (depth < differs ? "" : `${"  ".repeat(depth)}${name}:\n`)).join("");
}

/** The same for a program: `{"uplink.url": {"value": …, "source": …}, …}`. */
export function configJson(loaded: LoadedConfig<object>): string {
  const entries = configEntries(loaded).map(({ key, ...entry }) => [key, entry]);
  return `${JSON.stringify(Object.fromEntries(entries))}\n`;
}

function valueAt(config: object, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  }, config);
}
