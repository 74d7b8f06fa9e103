import { z } from "zod";
import { pathFormat } from "./config-values.ts";

/** One key of a configuration, as its schema tells it: by this it is read, resolved, explained and printed. */
export interface ConfigKey {
  /** `uplink.windowBatches` */
  readonly path: string;
  /** The variable that overrides it: `CAREPOST_UPLINK_WINDOW_BATCHES`. */
  readonly variable: string;
  readonly kind: "text" | "number" | "boolean";
  readonly isPath: boolean;
  readonly description: string;
}

/** Every key of a schema, in its order. The schema's JSON form is read, which zod makes and keeps stable. */
export function configKeys(schema: z.ZodObject): readonly ConfigKey[] {
  return keysOf(node.parse(z.toJSONSchema(schema, { io: "input", reused: "inline" })), "");
}

type Node = z.infer<typeof node>;
const node = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  description: z.string().optional(),
  get properties() {
    return z.record(z.string(), node).optional();
  },
  get anyOf() {
    return z.array(node).optional();
  },
});

function keysOf({ properties = {} }: Node, prefix: string): readonly ConfigKey[] {
  return Object.entries(properties).flatMap(([name, child]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    if (child.properties !== undefined) return keysOf(child, path);
    const value = child.anyOf?.find(({ type }) => type !== "null") ?? child;
    const kinds = typeof value.type === "string" ? [value.type] : (value.type ?? []);
    return {
      path,
      variable: variableOf(path),
      kind: kindOf(kinds),
      isPath: value.format === pathFormat(),
      description: child.description ?? "",
    };
  });
}

/** `uplink.windowBatches` is `CAREPOST_UPLINK_WINDOW_BATCHES`. */
const variableOf = (path: string): string =>
  `CAREPOST_${path
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
    .replaceAll(".", "_")
    .toUpperCase()}`;

function kindOf(types: readonly string[]): ConfigKey["kind"] {
  if (types.includes("integer") || types.includes("number")) return "number";
  return types.includes("boolean") ? "boolean" : "text";
}
