import type { StoredReading } from "../../store/store.ts";
import { timeText, valueText } from "../reading-text.ts";
import { tableText } from "../table.ts";
import type { Cell } from "../table.ts";
import type { Paint } from "../terminal.ts";
import { sparkline } from "./sparkline.ts";
import type { DemoSnapshot } from "./demo-view.ts";

export interface PanelSize {
  readonly columns: number;
  readonly rows: number;
}

/** The lines around the readings, which take what is left. */
const otherRows = 17;
const readingsMax = 12;

/** The whole panel as lines that fit the terminal. */
export function panelLines(snapshot: DemoSnapshot, { columns, rows }: PanelSize, paint: Paint): readonly string[] {
  const width = Math.min(columns, 100) - 4;
  const shown = Math.max(1, Math.min(readingsMax, rows - otherRows));
  const readings = snapshot.readings.slice(0, shown);
  return [
    "",
    ...title(snapshot, width, paint),
    ...kiosk(snapshot, paint),
    "",
    ...path(snapshot, width, paint),
    "",
    ...(readings.length === 0
      ? [paint("dim", "Waiting for the first device to wake up …")]
      : tableText(readings.map((stored) => readingRow(stored, paint)))
          .trimEnd()
          .split("\n")),
    ...Array.from({ length: Math.max(0, Math.min(shown, 6) - readings.length) }, () => ""),
    "",
    ...backlog(snapshot, width, paint),
    "",
    banner(snapshot, paint),
    "",
    paint("dim", "Ctrl-C ends it"),
  ].map((line) => (line === "" ? "" : `  ${line}`));
}

function title({ scenario, elapsedMs }: DemoSnapshot, width: number, paint: Paint): readonly string[] {
  const left = `carepost demo · ${scenario}`;
  const right = clockText(elapsedMs);
  return [
    paint("bold", "carepost demo") +
      paint("dim", ` · ${scenario}`) +
      " ".repeat(Math.max(1, width - left.length - right.length)) +
      paint("dim", right),
  ];
}

/** What there is to click through, where there is a kiosk. */
function kiosk({ kiosk: opened }: DemoSnapshot, paint: Paint): readonly string[] {
  if (opened === null) return [];
  if (opened === "opening") return [paint("dim", "kiosk   opens in a moment"), ""];
  const { url, staffName, staffPin } = opened;
  return [
    `${paint("bold", "kiosk   ")}${paint("green", url)}${paint("dim", "  open it in a browser: everything is simulated")}`,
    `${paint("dim", "staff   ")}${new URL("/staff", url).href}${paint("dim", `  ${staffName}, PIN ${staffPin}`)}`,
  ];
}

/** Four stations with what is at each, and the way between them. */
function path(snapshot: DemoSnapshot, width: number, paint: Paint): readonly string[] {
  const { devices, gateway, sink, outage, sessions, connected } = snapshot;
  const stations: readonly (readonly [string, string, string])[] = [
    ["devices", `${devices.shown} shown`, sessions.length === 0 ? "asleep" : "talking"],
    ["gateway", `${gateway.readings} stored`, `${gateway.waiting} waiting`],
    ["broker", outage === null ? (connected ? "up" : "…") : "DOWN", ""],
    ["sink", `${sink.readings} delivered`, ""],
  ];
  const gap = Math.max(2, Math.floor((width - 4 * stationColumns) / 3));
  const row = (part: 0 | 1 | 2, style: (text: string, index: number) => string): string =>
    stations
      .map((station, index) => style(station[part].padEnd(index === 3 ? 0 : stationColumns + gap), index))
      .join("")
      .trimEnd();
  const alive = outage === null;
  const way = (open: boolean): string =>
    paint(open ? "green" : "red", (open ? "─" : "╌").repeat(stationColumns + gap - 3) + (open ? "▶" : "╳"));
  const dot = (open: boolean): string => paint(open ? "green" : "red", "●");
  return [
    row(0, (text) => paint("bold", text)),
    `${dot(true)}${way(true)} ${dot(true)}${way(alive)} ${dot(alive)}${way(alive)} ${dot(true)}`,
    row(1, (text, index) => (index === 2 && !alive ? paint("red", text) : text)),
    row(2, (text) => paint("dim", text)),
  ];
}

const stationColumns = 12;

const stateStyles: Readonly<Record<StoredReading["state"], readonly [string, "green" | "yellow" | "dim" | "red"]>> = {
  waiting: ["● waiting", "yellow"],
  delivered: ["✓ delivered", "green"],
  held: ["○ held", "dim"],
  undated: ["○ undated", "dim"],
  "dead-letter": ["✗ rejected", "red"],
  discarded: ["○ discarded", "dim"],
};

function readingRow({ reading, state }: StoredReading, paint: Paint): readonly Cell[] {
  const [text, style] = stateStyles[state];
  const dim = (cell: string): string => paint("dim", cell);
  return [
    { text: reading.time.measured === null ? "time unknown" : timeText(reading).slice(5, 16), style: dim },
    reading.person ?? "nobody",
    { text: valueText(reading), style: (cell) => paint("bold", cell) },
    { text, style: (cell) => paint(style, cell) },
  ];
}

function backlog({ backlog: samples, gateway }: DemoSnapshot, width: number, paint: Paint): readonly string[] {
  const head = "backlog  ";
  const tail = ` ${gateway.waiting}`;
  const curve = sparkline(samples, width - head.length - tail.length - 2);
  return [paint("dim", head) + paint(gateway.waiting === 0 ? "dim" : "yellow", curve) + tail];
}

function banner({ outage, outages, gateway }: DemoSnapshot, paint: Paint): string {
  if (outage !== null) {
    const text = ` OUTAGE  the broker has been away for ${Math.round(outage.forMs / 1000)} s; every reading is kept `;
    return paint("inverse", paint("yellow", text));
  }
  if (outages > 0 && gateway.waiting > 0) return paint("yellow", "The broker is back; what waited is on its way.");
  const held =
    gateway.held === 0
      ? ""
      : gateway.held === 1
        ? " 1 reading is held: it belongs to nobody."
        : ` ${gateway.held} readings are held: they belong to nobody.`;
  return paint("green", "All is well.") + paint("dim", held);
}

function clockText(ms: number): string {
  const s = Math.floor(ms / 1000);
  return `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}
