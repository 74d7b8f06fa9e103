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
    const [section = "", name = ""] = key.split(".");
    return { section, source, line: `  ${name}: ${yamlText(value).trimEnd()}` };
  });
  const width = Math.max(...entries.map(({ line }) => line.length));
  let section = "";
  return entries
    .map((entry) => {
      const head = entry.section === section ? "" : `${entry.section}:\n`;
      section = entry.section;
      return `${head}${entry.line.padEnd(width)}  # ${entry.source}\n`;
    })
    .join("");
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
