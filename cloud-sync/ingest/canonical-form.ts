import { z } from "zod";

/**
 * A regular expression for the canonical JSON text of what a schema allows: the text that `JSON.stringify` writes of a
 * valid value whose members stand in the order of the schema. Whatever matches is valid, is one whole value, and would
 * be written again exactly as it came. The reverse does not hold: a valid text with other whitespace, in another order
 * or with an escape in a string does not match, and has to be read the long way.
 */
export interface CanonicalForm {
  /** Sticky: it looks at `lastIndex`, and only there. */
  readonly expression: RegExp;
  /** By the path of a member, as `time.measured`: the groups with its JSON text, one for each choice that it is in. */
  readonly groups: ReadonlyMap<string, readonly number[]>;
}

/**
 * @param paths of the members whose text is wanted
 * Throws a `TypeError` for a schema that says what no such expression can: it must let nothing pass that the schema
 * refuses. A `refine` of zod is not seen here, so the schema must have none.
 */
export function canonicalForm(schema: z.ZodType, paths: readonly string[]): CanonicalForm {
  const groups = new Map<string, number[]>(paths.map((path) => [path, []]));
  const writer = new FormWriter(groups);
  const source = writer.write(z.toJSONSchema(schema, { reused: "inline", io: "input" }), "");
  const absent = paths.find((path) => groups.get(path)?.length === 0);
  if (absent !== undefined) throw new TypeError(`the schema has no member ${absent}`);
  return { expression: new RegExp(source, "y"), groups };
}

type JsonSchema = z.core.JSONSchema.BaseSchema;
type ObjectSchema = JsonSchema & { readonly properties: Readonly<Record<string, JsonSchema>> };

class FormWriter {
  readonly #groups: ReadonlyMap<string, number[]>;
  #groupCount = 0;

  constructor(groups: ReadonlyMap<string, number[]>) {
    this.#groups = groups;
  }

  write(schema: JsonSchema, path: string): string {
    requireKnown(schema, path);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.#choice(choices, path);
    if (schema.enum !== undefined) return either(schema.enum.map(literal));
    if (schema.const !== undefined) return literal(schema.const);
    if (isObject(schema)) return this.#object([schema], path);
    if (schema.type === "array") return this.#array(schema, path);
    if (schema.type === "string") return text(schema);
    if (schema.type === "integer") return integer(schema);
    if (schema.type === "boolean") return "(?:true|false)";
    if (schema.type === "null") return "null";
    throw new TypeError(`no canonical form of ${path}: ${String(schema.type)}`);
  }

  #choice(choices: readonly JsonSchema[], path: string): string {
    for (const choice of choices) requireKnown(choice, path);
    if (choices.every(isObject)) return this.#object(choices, path);
    return either(choices.map((choice) => this.write(choice, path)));
  }

  #array({ items, minItems = 0, maxItems }: JsonSchema, path: string): string {
    if (!isSchema(items) || maxItems === undefined) throw new TypeError(`no canonical form of the array ${path}`);
    const item = this.write(items, `${path}[]`);
    const some = `${item}(?:,${item}){${Math.max(0, minItems - 1)},${maxItems - 1}}`;
    return String.raw`\[${minItems === 0 ? `(?:${some})?` : some}\]`;
  }

  /** What all choices begin with is looked at once. */
  #object(choices: readonly ObjectSchema[], path: string): string {
    const members = choices.map((choice) => Object.entries(choice.properties));
    const shared = choices.length === 1 ? [] : sharedStart(members, choices);
    const start = this.#members(shared, choices[0]?.required ?? [], { path, isFirst: true });
    const ends = members.map((all, index) =>
      this.#members(all.slice(shared.length), choices[index]?.required ?? [], { path, isFirst: shared.length === 0 }),
    );
    return String.raw`\{${start}${either(ends)}\}`;
  }

  #members(members: readonly Member[], required: readonly string[], { path, isFirst }: Place): string {
    const sureFrom = members.findIndex(([name]) => required.includes(name));
    return members
      .map(([name, schema], index) => {
        const isAfterSome = !isFirst || (sureFrom !== -1 && index > sureFrom);
        const comma = isAfterSome ? "," : index === 0 ? "" : commaBetween;
        const member = `${comma}${literal(name)}:${this.#member(schema, path === "" ? name : `${path}.${name}`)}`;
        return required.includes(name) ? member : `(?:${member})?`;
      })
      .join("");
  }

  #member(schema: JsonSchema, path: string): string {
    const groups = this.#groups.get(path);
    if (groups === undefined) return this.write(schema, path);
    this.#groupCount += 1;
    groups.push(this.#groupCount);
    return `(${this.write(schema, path)})`;
  }
}

type Member = readonly [name: string, schema: JsonSchema];

interface Place {
  readonly path: string;
  /** Do these members come first in their object? */
  readonly isFirst: boolean;
}

/** After members that may be absent. A value never ends with the bracket that an object begins with. */
const commaBetween = String.raw`(?:(?<=\{)|(?<!\{),)`;

function sharedStart(members: readonly (readonly Member[])[], choices: readonly ObjectSchema[]): readonly Member[] {
  const [first = []] = members;
  const isShared = ([name, schema]: Member, index: number): boolean =>
    choices.every(({ required = [] }) => required.includes(name)) &&
    members.every((others) => JSON.stringify(others[index]) === JSON.stringify([name, schema]));
  const end = first.findIndex((member, index) => !isShared(member, index));
  return end === -1 ? first : first.slice(0, end);
}

function text({ pattern, minLength = 0, maxLength }: JsonSchema): string {
  const length = `{${minLength},${maxLength ?? ""}}`;
  if (pattern === undefined) return `"${plainCharacter}${length}"`;
  const isBounded = minLength > 0 || maxLength !== undefined;
  return `"${isBounded ? `(?=${plainCharacter}${length}")` : ""}(?:${withinQuotes(pattern)})"`;
}

/** What stands in a JSON text for itself. */
const plainCharacter = String.raw`[^"\\\x00-\x1f]`;

function integer({ minimum = -Infinity, maximum = Infinity }: JsonSchema): string {
  if (!Number.isSafeInteger(minimum) || !Number.isSafeInteger(maximum) || minimum > 1 || maximum < 1) {
    throw new TypeError("no canonical form of a number without bounds around 1");
  }
  const negative = minimum < 0 ? [`-${fromOneTo(-minimum)}`] : [];
  return String.raw`${either([...(minimum === 1 ? [] : ["0"]), fromOneTo(maximum), ...negative])}(?!\d)`;
}

/** The numbers with less digits; those that have the first digits of the last and then a lower one; and the last. */
function fromOneTo(last: number): string {
  const digits = String(last);
  const shorter = digits.length === 1 ? [] : [String.raw`[1-9]\d{0,${digits.length - 2}}`];
  const lower = Array.from(digits).flatMap((digit, index) => {
    const [from, to] = [index === 0 ? 1 : 0, Number(digit) - 1];
    return to < from ? [] : [String.raw`${digits.slice(0, index)}[${from}-${to}]\d{${digits.length - 1 - index}}`];
  });
  return either([...shorter, ...lower, digits]);
}

/**
 * A pattern as a part of a larger expression, where quotation marks are the ends of the text. Only what is plain enough
 * to be judged is let in: what could match an end, or what JSON escapes, might match beyond the text.
 */
function withinQuotes(pattern: string): string {
  // At its own ends it is at the ends of the text.
  const inner = pattern.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
  const tokens = inner.match(/\\.|\[(?:\\.|[^\]\\])*\]|\(\?:|\(\?|./gsu) ?? [];
  return tokens.map((token) => partOf(token, pattern)).join("");
}

function partOf(token: string, pattern: string): string {
  if (token === "^") return '(?<=")';
  if (token === "$") return '(?=")';
  if (token === "(") return "(?:";
  if (/^(?:\(\?:|[)|*+?{},])$/.test(token)) return token;
  const isAtom = /^(?:\[|\\[^a-zA-Z0-9]|\\d|[^\\])/.test(token) && token !== "(?";
  if (!isAtom || escaped.some((character) => new RegExp(`^(?:${token})$`).test(character))) {
    throw new TypeError(`no canonical form of the pattern ${pattern}`);
  }
  return token;
}

/** What a text in JSON cannot hold as it is. */
const escaped = ['"', "\\", ...Array.from({ length: 32 }, (_, code) => String.fromCodePoint(code))];

const literal = (value: unknown): string => RegExp.escape(JSON.stringify(value));

const either = (choices: readonly string[]): string =>
  choices.length === 1 ? choices.join("") : `(?:${choices.join("|")})`;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isObject = (schema: JsonSchema): schema is ObjectSchema =>
  schema.type === "object" && schema.additionalProperties === false && isSchema(schema.properties);

function requireKnown(schema: JsonSchema, path: string): void {
  const unknown = Object.keys(schema).find((keyword) => !knownKeywords.has(keyword));
  const isLoose = schema.format !== undefined && schema.pattern === undefined;
  if (unknown !== undefined || isLoose) throw new TypeError(`no canonical form of ${path}: ${unknown ?? "format"}`);
}

const knownKeywords: ReadonlySet<string> = new Set([
  "$schema",
  "additionalProperties",
  "anyOf",
  "const",
  "description",
  "enum",
  "format",
  "items",
  "maxItems",
  "maxLength",
  "maximum",
  "minItems",
  "minLength",
  "minimum",
  "oneOf",
  "pattern",
  "properties",
  "required",
  "type",
]);
