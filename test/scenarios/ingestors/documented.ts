import { readFileSync } from "node:fs";
import { join } from "node:path";

const page = join(import.meta.dirname, "../../../cloud-sync/ingest/scaling.md");

/** A block of the page on several ingestors, by the name behind its fence: what is told to operators is what is tested. */
export function documented(name: string): string {
  const [, block] = new RegExp(`\`\`\`${name}\\n([\\s\\S]*?)\`\`\``).exec(readFileSync(page, "utf8")) ?? [];
  if (block === undefined) throw new RangeError(`the page has no block ${name}`);
  return block;
}
