import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { InvalidConfig } from "./config-error.ts";
import type { ConfigProblem } from "./config-error.ts";
import { overlayEnvironment, overlayFlags } from "./config-environment.ts";
import type { ConfigDraft, ConfigFlag, Environment } from "./config-environment.ts";
import { problemsOf } from "./config-problems.ts";
import { gatewayConfig } from "./gateway-config.ts";
import type { GatewayConfig } from "./gateway-config.ts";
import { identityOnlyConfig } from "./identity-only-config.ts";
import type { IdentityOnlyConfig } from "./identity-only-config.ts";
import { ingestConfig } from "./ingest-config.ts";
import type { IngestConfig } from "./ingest-config.ts";
import { configKeys } from "./key-list.ts";
import type { ConfigKey } from "./key-list.ts";
import { underlayProfile } from "./profiles.ts";
import { radioOnlyConfig } from "./radio-only-config.ts";
import type { RadioOnlyConfig } from "./radio-only-config.ts";
import { storeConfig } from "./store-config.ts";
import type { StoreConfig } from "./store-config.ts";
import { readYamlFile } from "./yaml-file.ts";
import type { YamlFile } from "./yaml-file.ts";

export interface ConfigOrigin {
  /** The file that was named; null looks for `./carepost.yaml` and `/etc/carepost/carepost.yaml`, which may both be absent. */
  readonly path: string | null;
  readonly environment: Environment;
  /** What paths of the environment and of the command line are relative to. */
  readonly folder: string;
  /** They win over the environment, which wins over the file. */
  readonly flags: readonly ConfigFlag[];
}

export interface LoadedConfig<Config> {
  readonly config: Config;
  /** The file that was read, if any was. */
  readonly file: string | null;
  /** Where each key that was said comes from; what is not here is a default. */
  readonly sources: ReadonlyMap<string, string>;
  readonly keys: readonly ConfigKey[];
}

/** Rejects with `InvalidConfig`, which holds all that is wrong, or as `readYamlFile` does. */
export const loadGatewayConfig = (origin: ConfigOrigin): LoadedConfig<GatewayConfig> =>
  loadConfig(gatewayConfig, origin);

/** Only where the store is: whatever is wrong in other sections is nothing to a command that looks into it. */
export const loadStoreConfig = (origin: ConfigOrigin): LoadedConfig<StoreConfig> =>
  loadConfig(storeConfig, origin, "own-sections");

/** Only which radio there is, for a command that uses it beside or without a gateway. */
export const loadRadioConfig = (origin: ConfigOrigin): LoadedConfig<RadioOnlyConfig> =>
  loadConfig(radioOnlyConfig, origin, "own-sections");

/** Only who the gateway is and where it keeps its identity, for `carepost enroll`, which comes before all else. */
export const loadIdentityConfig = (origin: ConfigOrigin): LoadedConfig<IdentityOnlyConfig> =>
  loadConfig(identityOnlyConfig, origin, "own-sections");

export const loadIngestConfig = (origin: ConfigOrigin): LoadedConfig<IngestConfig> => loadConfig(ingestConfig, origin);

/** Both programs may share one file: each reads its own sections, and knows the names of the other's. */
const everySection = z.strictObject({ ...gatewayConfig.shape, ...ingestConfig.shape });

function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  origin: ConfigOrigin,
  judged: "own-sections" | "whole" = "whole",
): LoadedConfig<z.infer<z.ZodObject<Shape>>> {
  const file = findFile(origin);
  const keys = configKeys(everySection);
  const draft = draftOf(file);
  if (file !== null) resolvePaths(draft, keys, dirname(resolve(origin.folder, file.path)));
  const strays = overlayEnvironment(draft, keys, origin);
  overlayFlags(draft, keys, origin);
  underlayProfile(draft, keys);
  const own = ownSections(draft.values, schema, judged);
  const result = schema.safeParse(own);
  const problems: readonly ConfigProblem[] = [
    ...(judged === "whole" ? strays : []),
    ...(result.success ? [] : problemsOf(result.error, { values: own, sources: draft.sources, keys, file })),
  ];
  if (!result.success || problems.length > 0) throw new InvalidConfig(problems);
  return { config: result.data, file: file?.path ?? null, sources: draft.sources, keys: configKeys(schema) };
}

const usualFiles = ["carepost.yaml", "/etc/carepost/carepost.yaml"];

function findFile({ path, environment, folder }: ConfigOrigin): YamlFile | null {
  const named = path ?? environment["CAREPOST_CONFIG"];
  if (named !== undefined) return readYamlFile(resolve(folder, named));
  const found = usualFiles.find((candidate) => existsSync(resolve(folder, candidate)));
  return found === undefined ? null : readYamlFile(resolve(folder, found));
}

function draftOf(file: YamlFile | null): ConfigDraft {
  const sources = new Map<string, string>();
  if (file === null) return { values: {}, sources };
  for (const [key, line] of file.lines) sources.set(key, `${file.path}:${line}`);
  const values = z.record(z.string(), z.unknown()).safeParse(file.values);
  if (values.success) return { values: values.data, sources };
  throw new InvalidConfig([
    {
      key: "(the whole file)",
      value: JSON.stringify(file.values),
      source: file.path,
      problem: "is not a set of sections",
      remedy: "Write sections such as `gateway:` and `store:`, each with its keys indented below it.",
    },
  ]);
}

/** A section that is wanted and was not written is empty, so that the keys that are missing are named one by one. */
function ownSections(
  values: Readonly<Record<string, unknown>>,
  schema: z.ZodObject,
  judged: "own-sections" | "whole",
): Record<string, unknown> {
  const belongs = (name: string): boolean =>
    name in schema.shape || (judged === "whole" && !(name in everySection.shape));
  const said = Object.entries(values).filter(([name]) => belongs(name));
  const sections = Object.keys(schema.shape).filter((name) => schema.shape[name] !== everySection.shape.profile);
  const wanted = sections.filter((name) => values[name] === undefined || values[name] === null);
  return { ...Object.fromEntries(said), ...Object.fromEntries(wanted.map((name) => [name, {}])) };
}

function resolvePaths({ values }: ConfigDraft, keys: readonly ConfigKey[], folder: string): void {
  for (const { path } of keys.filter(({ isPath }) => isPath)) {
    const names = path.split(".");
    const section = sectionOf(values, names.slice(0, -1));
    const last = names.at(-1) ?? "";
    const value = section?.[last];
    if (section !== null && typeof value === "string" && value !== "") section[last] = resolve(folder, value);
  }
}

/** The object in which a key stands; null if the file has something else there. */
function sectionOf(values: Record<string, unknown>, names: readonly string[]): Record<string, unknown> | null {
  let section: unknown = values;
  for (const name of names) {
    if (!isRecord(section)) return null;
    section = section[name];
  }
  return isRecord(section) ? section : null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
