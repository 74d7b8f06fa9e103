import { createHash } from "node:crypto";
import { twinSectionBytesMax } from "./hub-rules.ts";

export type Properties = Readonly<Record<string, unknown>>;

/** One section of a twin: merged by RFC 7396, with a version that grows by each change. */
export class TwinSection {
  #properties: Properties = {};
  #version = 1;

  get version(): number {
    return this.#version;
  }

  get etag(): string {
    return createHash("sha256").update(JSON.stringify(this.document())).digest("base64").slice(0, 12);
  }

  /** With its `$version`, as a device sees it. */
  document(): Properties {
    return { ...this.#properties, $version: this.#version };
  }

  /** False, and nothing changed, if the result is larger than a section may be or a key is the hub's own. */
  merge(patch: Properties): boolean {
    if (Object.keys(patch).some((key) => /[$.\s]/.test(key))) return false;
    const merged = mergePatch(this.#properties, patch);
    if (Buffer.byteLength(JSON.stringify(merged)) > twinSectionBytesMax) return false;
    this.#properties = merged;
    this.#version += 1;
    return true;
  }
}

function mergePatch(target: Properties, patch: Properties): Properties {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isProperties(value) ? mergePatch(isProperties(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}

export const isProperties = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);
