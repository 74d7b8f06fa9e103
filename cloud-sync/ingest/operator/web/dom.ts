import type { Severity } from "../fleet-api.ts";

type Child = Node | string | null;

/** An element with attributes and children. Text is always text: nothing here reads markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  children: readonly Child[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Changes a text only if it is another, so that a reader's selection stays. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A sentence in which `a command` stands between grave accents. */
export const sentence = (text: string): readonly Child[] =>
  text.split("`").map((part, index) => (index % 2 === 1 ? element("code", {}, [part]) : part));

export function vector(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** Each severity has a shape of its own, for whoever does not see colours. */
const shapes: Readonly<Record<Severity, string>> = {
  good: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.3 5.2-3.9 4.6-2.7-2.5 1-1.1 1.6 1.5 2.9-3.4Z",
  quiet: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z",
  notice: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM4 7.2h8v1.7H4Z",
  warning: "M8 1 15.5 14.5H.5Zm-.9 4.8v4.4h1.8V5.800Zm0 5.600v1.700h1.800v-1.700Z",
  critical: "M5 1h6l4 4v6l-4 4H5l-4-4V5Zm2 3v5h2V4Zm0 6.300v2h2v-2Z",
};

export function icon(severity: Severity): SVGElement {
  const picture = vector("svg", { viewBox: "0 0 16 16", class: `icon mood ${severity}`, "aria-hidden": "true" });
  picture.append(vector("path", { d: shapes[severity], fill: "currentColor", "fill-rule": "evenodd" }));
  return picture;
}

/** Terms and their values, of which the values change. */
export function facts(names: readonly string[]): {
  readonly list: HTMLElement;
  readonly set: (values: readonly string[]) => void;
} {
  const values = names.map(() => element("dd"));
  const list = element(
    "dl",
    { class: "facts" },
    names.flatMap((name, index) => [element("dt", {}, [name]), values[index] ?? null]),
  );
  return {
    list,
    set: (texts) => {
      for (const [index, node] of values.entries()) setText(node, texts[index] ?? "–");
    },
  };
}
