import { z } from "zod";
import { reading } from "../../contract/reading.ts";
import { decodeText } from "../batch-message.ts";

/**
 * A payload as an operator may see it: its shape, which is what mending takes, and none of what it says of anybody.
 * Names of fields are shown if the contract has them, and of values only those that are a word of the contract's own.
 */
export function maskedPayload(payload: Uint8Array): string {
  const text = decodeText(payload);
  if (text === null) return `not text: ${payload.byteLength} bytes`;
  try {
    const value: unknown = JSON.parse(text);
    return clipped(JSON.stringify(masked(value, 0), null, 2) ?? "");
  } catch {
    return `not JSON: ${payload.byteLength} bytes`;
  }
}

const shownCharsMax = 4_096;
const itemsMax = 8;
const depthMax = 12;

/** Fields and words of the contract: what its schema spells out. */
const vocabulary = (() => {
  const fields = new Set(["v", "batch", "gateway", "readings"]);
  const words = new Set<string>();
  const look = (schema: unknown): void => {
    if (Array.isArray(schema)) {
      for (const part of schema) look(part);
    } else if (isRecord(schema)) {
      if (isRecord(schema["properties"])) for (const name of Object.keys(schema["properties"])) fields.add(name);
      const spelled = [schema["enum"], schema["const"]].flat();
      for (const word of spelled) if (typeof word === "string") words.add(word);
      for (const part of Object.values(schema)) look(part);
    }
  };
  look(z.toJSONSchema(reading, { unrepresentable: "any" }));
  return { fields, words };
})();

function masked(value: unknown, depth: number): unknown {
  if (depth > depthMax) return "‹deeper›";
  if (Array.isArray(value)) {
    const shown = value.slice(0, itemsMax).map((item) => masked(item, depth + 1));
    return value.length > itemsMax ? [...shown, `‹${value.length - itemsMax} more›`] : shown;
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(([name, inner], index): [string, unknown] => [
      vocabulary.fields.has(name) ? name : `‹unknown field ${index + 1}›`,
      masked(inner, depth + 1),
    ]);
    return Object.fromEntries(entries.slice(0, 64));
  }
  if (value === null) return null;
  if (typeof value === "string" && vocabulary.words.has(value)) return value;
  return `‹${typeof value === "string" ? "text" : typeof value}›`;
}

const clipped = (text: string): string =>
  text.length <= shownCharsMax
    ? text
    : `${text.slice(0, shownCharsMax)}\n‹${text.length - shownCharsMax} more characters›`;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
