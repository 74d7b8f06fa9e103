/** Prometheus' text format and the shape of its expressions, as far as tests ask for them. */

export interface MetricKind {
  readonly type: string;
  readonly labels: readonly string[];
}

/** What a scrape exposes: each metric with its type and labels. Throws on a line that is not of the format (0.0.4). */
export function exposedMetrics(text: string): ReadonlyMap<string, MetricKind> {
  const types = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  const helped = new Set<string>();
  for (const line of text.split("\n")) {
    const help = /^# HELP ([a-z_:][\w:]*) .+$/i.exec(line);
    const type = /^# TYPE ([a-z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/i.exec(line);
    const sample = /^([a-z_:][\w:]*)(?:\{(.*)\})? (?:[-+]?(?:\d[\d.e+-]*|Inf)|NaN)$/i.exec(line);
    if (help?.[1] !== undefined) helped.add(help[1]);
    else if (type?.[1] !== undefined) types.set(type[1], type[2] ?? "");
    else if (sample?.[1] !== undefined) addSample(sample[1], sample[2] ?? "", { types, labels });
    else if (line !== "") throw new SyntaxError(`not a line of the text format: ${line}`);
  }
  return new Map(
    [...types].map(([name, type]) => {
      if (!helped.has(name)) throw new SyntaxError(`${name} has no help`);
      return [name, { type, labels: [...(labels.get(name) ?? [])].toSorted() }];
    }),
  );
}

interface Found {
  readonly types: ReadonlyMap<string, string>;
  readonly labels: Map<string, Set<string>>;
}

function addSample(sample: string, body: string, { types, labels }: Found): void {
  const histogram = sample.replace(/_(?:bucket|sum|count)$/, "");
  const name = types.has(sample) ? sample : histogram;
  if (!types.has(name)) throw new SyntaxError(`${sample} has no type`);
  const own = labels.get(name) ?? new Set();
  labels.set(name, own);
  const pairs = body.matchAll(/([a-z_]\w*)="(?:[^"\\\n]|\\.)*"(?:,|$)/gi);
  for (const [, label = ""] of pairs) if (label !== "le") own.add(label);
}

/** The rows of the README's table whose names, with the prefix, are metrics. */
export function documentedMetrics(readme: string, prefix: string): ReadonlyMap<string, MetricKind> {
  const rows = [...readme.matchAll(/^\| (`[^|]+`) +\| (counter|gauge|histogram) +\| +(?:`(\w+)`)? *\|/gm)];
  return new Map(
    rows.flatMap(([, names = "", type = "", label]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]): [string, MetricKind] => [
        prefix + name,
        { type, labels: label === undefined ? [] : [label] },
      ]),
    ),
  );
}

const words = new Set(
  "sum max min avg count by without rate increase histogram_quantile absent and or unless le".split(" "),
);

/** The metrics that an expression asks for. */
export function metricNamesIn(expression: string): readonly string[] {
  const bare = expression
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, "")
    .replaceAll(/\[[^\]]*\]/g, "")
    .replaceAll(/\b(?:by|without) \([^)]*\)/g, "");
  return [...bare.matchAll(/[a-z_][a-z0-9_]*/g)].map(([word]) => word).filter((word) => !words.has(word));
}

/** What is wrong with the shape of an expression: strings, brackets, selectors, ranges. Null if nothing is. */
export function structuralFault(expression: string): string | null {
  const strings = expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  if (strings.replaceAll('""', "").includes('"')) return "a string does not end";
  for (const [selector] of strings.matchAll(/\{[^}]*\}/g)) {
    if (!/^\{(?:[a-z_]\w*(?:=|!=|=~|!~)""(?:,|(?=\})))*\}$/i.test(selector)) return `no selector: ${selector}`;
  }
  for (const [range] of strings.matchAll(/\[[^\]]*\]/g)) {
    if (!/^\[(?:\d+[smhd]|\$__rate_interval)\]$/.test(range)) return `no range: ${range}`;
  }
  const open: string[] = [];
  const closes: Readonly<Record<string, string>> = { ")": "(", "}": "{", "]": "[" };
  for (const sign of strings) {
    if ("({[".includes(sign)) open.push(sign);
    else if (sign in closes && open.pop() !== closes[sign]) return `a ${sign} too many`;
  }
  return open.length === 0 ? null : `a ${open.join("")} is not closed`;
}
