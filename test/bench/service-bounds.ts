import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GatewayProcessOptions } from "./gateway-process.ts";

const unit = join(import.meta.dirname, "../../gateway/packaging/systemd/carepost-gateway.service");

/** What the unit of the package bounds a gateway's memory by, as far as it is told to Node and to the C library. */
export function serviceBounds(): Required<Pick<GatewayProcessOptions, "nodeOptions" | "environment">> {
  const text = readFileSync(unit, "utf8");
  const flags = [...(/^ExecStart=.*$/m.exec(text)?.[0] ?? "").matchAll(/--max-\S+-space-size=\d+/g)];
  const arenas = /^Environment=MALLOC_ARENA_MAX=(\d+)$/m.exec(text)?.[1];
  if (flags.length === 0 || arenas === undefined) throw new Error(`no bounds of memory are in ${unit}`);
  return { nodeOptions: flags.map(([flag]) => flag).join(" "), environment: { MALLOC_ARENA_MAX: arenas } };
}
