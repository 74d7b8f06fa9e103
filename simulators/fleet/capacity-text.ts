import { assumptions, measured, type CapacityPlan, type Constant } from "./capacity.ts";

/** Plans side by side, as a Markdown table that is easy to read as it stands. */
export function capacityText(plans: readonly CapacityPlan[]): string {
  const rows = [
    ["", ...plans.map(({ gateways }) => `${count(gateways)} gateways`)],
    ...lines.map(([name, show]) => [name].concat(plans.map(show))),
  ];
  return tableText(rows);
}

/** What the arithmetic stands on, as a Markdown table. */
export const constantsText = (): string =>
  tableText([
    ["figure", "value", "how"],
    ...Object.values({ ...assumptions, ...measured }).map(({ value, unit, how }: Constant) => [
      unit,
      String(value),
      how,
    ]),
  ]);

const lines: readonly (readonly [name: string, show: (plan: CapacityPlan) => string])[] = [
  ["connections (MQTT over TLS)", (plan) => count(plan.connections)],
  ["readings per second, mean", (plan) => count(plan.readingsPerSecondMean)],
  ["readings per second, morning peak", (plan) => count(plan.readingsPerSecondPeak)],
  ["messages per second, morning peak", (plan) => count(plan.messagesPerSecondPeak)],
  ["keep-alive pings per second", (plan) => count(plan.pingsPerSecond)],
  ["rows a day", (plan) => count(plan.rowsPerDay)],
  ["traffic a day", (plan) => bytes(plan.wireBytesPerDay)],
  ["disk a year, PostgreSQL, one copy", (plan) => bytes(plan.postgresBytesPerYear)],
  ["disk a year, SQLite", (plan) => bytes(plan.sqliteBytesPerYear)],
  ["memory of connections, embedded broker", (plan) => bytes(plan.embeddedMemoryBytes)],
  ["memory of connections, mosquitto", (plan) => bytes(plan.mosquittoMemoryBytes)],
  ["cores, morning peak", (plan) => count(plan.peakCores)],
  ["cores, all back within 300 s", (plan) => count(plan.reconnectCores)],
  ["all back, with one core", (plan) => duration(plan.reconnectOneCoreS)],
  ["backlog of a day's outage", (plan) => `${count(plan.backlogReadings)} readings`],
  ["backlog received, with one core", (plan) => duration(plan.backlogOneCoreS)],
  ["embedded broker processes", (plan) => count(plan.brokerProcesses)],
  ["resources: cores", (plan) => count(plan.resources.cores)],
  ["resources: memory", (plan) => `${count(plan.resources.memoryGB)} GB`],
  ["resources: disk a year", (plan) => `${count(plan.resources.diskGBPerYear)} GB`],
  ["cost a month, by the prices you pay", costText],
  ["breaks first, on one process", (plan) => limitText(plan, 0)],
  ["and then", (plan) => limitText(plan, 1)],
];

/** Prices differ by place and year, and by a factor of ten: only what they multiply is told. */
function costText({ resources: { cores, memoryGB, diskGBPerYear } }: CapacityPlan): string {
  return `${count(cores)} × core + ${count(memoryGB)} × GB + ${count(diskGBPerYear)} × GB of disk`;
}

const limitText = ({ limits }: CapacityPlan, place: number): string => {
  const limit = limits[place];
  return limit === undefined ? "" : `${limit.name}: ${percent(limit.use)} of it`;
};

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  const [head = [], ...body] = rows;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("");
}

/** Two digits that count, beneath a hundred; whole numbers above. */
const count = (value: number): string =>
  value.toLocaleString("en-US", value < 100 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 });

function bytes(value: number): string {
  const [unit, size] = (
    [
      ["TB", 1e12],
      ["GB", 1e9],
      ["MB", 1e6],
    ] as const
  ).find(([, step]) => value >= step) ?? ["kB", 1e3];
  return `${(value / size).toLocaleString("en-US", { maximumSignificantDigits: 2 })} ${unit}`;
}

const duration = (seconds: number): string =>
  seconds < 600 ? `${count(seconds)} s` : `${(seconds / 60).toLocaleString("en-US", { maximumFractionDigits: 0 })} min`;

const percent = (share: number): string => `${count(share * 100)} %`;
