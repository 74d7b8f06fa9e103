import type { CourseResult, FleetScenario } from "./course.ts";
import type { FleetTotals } from "./fleet.ts";
import type { Percentiles } from "./histogram.ts";
import type { NetworkCounts } from "./network.ts";
import type { WatchResult } from "./process-watch.ts";
import type { SinkCheck } from "./sink-check.ts";

/** What became of a fleet: the object that `--json` prints. Times in milliseconds unless their name says otherwise. */
export interface FleetReport {
  readonly scenario: FleetScenario;
  readonly gateways: number;
  readonly seed: number;
  readonly speed: number;
  readonly course: CourseResult;
  readonly network: NetworkCounts;
  readonly totals: FleetTotals;
  /** Null where it was not looked into. */
  readonly sink: SinkCheck | null;
  /** Of the simulator itself: all gateways are in it. */
  readonly memory: {
    readonly rssMiB: number;
    /** What a connected gateway adds; null if they were never all connected. */
    readonly gatewayKiB: number | null;
    readonly cpuS: number;
  };
  readonly watched: readonly WatchResult[];
}

/** Did every reading that a receipt named arrive once, and was none lost on the way? */
export const isWhole = ({ totals, sink, network }: FleetReport): boolean =>
  network.opened > 0 && totals.lost === 0 && (sink === null || (sink.lost === 0 && sink.doubled === 0));

export function reportText(report: FleetReport): string {
  const { totals, course, network, memory } = report;
  const durationS = course.durationMs / 1_000;
  const lines: readonly (readonly [string, string])[] = [
    [
      "fleet",
      `${number(report.gateways)} gateways, ${report.scenario}, seed ${report.seed}, ${seconds(course.durationMs)}`,
    ],
    ["connect", connectText(report)],
    ["failures", failuresText(network)],
    ...outageLines(course),
    ["readings", readingsText(totals)],
    ["rate", `${number(totals.receipted / durationS)}/s receipted, peak ${number(totals.receiptedPerSecondPeak)}/s`],
    ["messages", messagesText(totals, durationS)],
    ["receipt after", percentilesText(totals.receiptMs)],
    ["delivered after", percentilesText(totals.deliveryMs)],
    ["sink", sinkText(report.sink)],
    ["simulator", memoryText(memory)],
    ...report.watched.map(watchLine),
  ];
  return lines.map(([name, text]) => `${name.padEnd(nameWidth)}${text}\n`).join("");
}

const nameWidth = 17;

const connectText = ({ gateways, course, network }: FleetReport): string => {
  const all = course.allConnectedMs === null ? "never all at once" : `all after ${seconds(course.allConnectedMs)}`;
  const rate = `${number(course.startPeakPerSecond)}/s at most`;
  return `${number(network.opened)} connections of ${number(gateways)} gateways, ${all}, ${rate}, ${number(network.attempts)} attempts`;
};

function failuresText({ failures, lost }: NetworkCounts): string {
  const codes = Object.entries(failures).map(([code, count]) => `${code} ${number(count)}`);
  return `${codes.length === 0 ? "no attempt refused" : codes.join(", ")}; ${number(lost)} connections ended`;
}

function outageLines({ outage }: CourseResult): readonly (readonly [string, string])[] {
  if (outage === null) return [];
  const { lengthMs, backlogReadings, allBackMs, backlogReceivedMs, peakPerSecond } = outage;
  const back = allBackMs === null ? "not all came back" : `all back after ${seconds(allBackMs)}`;
  const received =
    backlogReceivedMs === null ? "not all of it received" : `all received after ${seconds(backlogReceivedMs)}`;
  return [
    ["outage", `${seconds(lengthMs)}; ${back}, ${number(peakPerSecond)} connections/s at most`],
    ["backlog", `${number(backlogReadings)} readings, ${received}`],
  ];
}

const readingsText = (totals: FleetTotals): string =>
  [
    `${number(totals.shown)} shown`,
    `${number(totals.receipted)} receipted`,
    `${number(totals.waiting)} waiting`,
    `${number(totals.rejected)} rejected`,
    `${number(totals.deadLettered)} given up`,
    `${number(totals.lost)} LOST`,
  ].join(", ");

const messagesText = (totals: FleetTotals, durationS: number): string =>
  [
    `${number(totals.batches)} batches, ${number(totals.batches / durationS)}/s, peak ${number(totals.messagesPerSecondPeak)}/s`,
    `${number(totals.resent)} readings resent`,
    `${number(totals.answeredDuplicate)} answered as duplicates`,
    `${number(totals.strayReceipts)} stray and ${number(totals.invalidReceipts)} invalid receipts`,
  ].join(", ");

const percentilesText = ({ count, p50, p95, p99, max }: Percentiles): string =>
  count === 0 ? "nothing was" : `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, max ${ms(max)}`;

function sinkText(sink: SinkCheck | null): string {
  if (sink === null) return "not looked into (--check-sink)";
  const { rows, lost, doubled, storedUnreceipted, others } = sink;
  return `${number(rows)} rows, ${number(lost)} LOST, ${number(doubled)} DOUBLED, ${number(storedUnreceipted)} stored without a receipt yet, ${number(others)} of others`;
}

const memoryText = ({ rssMiB, gatewayKiB, cpuS }: FleetReport["memory"]): string => {
  const each = gatewayKiB === null ? "" : `, ${number(gatewayKiB)} KiB a connected gateway`;
  return `${number(rssMiB)} MiB${each}, ${number(cpuS)} s of processor`;
};

const watchLine = ({ name, pid, rssMiB, cpuS, samples }: WatchResult): readonly [string, string] => {
  const busiest = Math.max(0, ...samples.map(({ cores }) => cores));
  const memory = `${number(rssMiB.start)} → ${number(rssMiB.end)} MiB, ${number(rssMiB.max)} at most`;
  return [name, `${memory}, ${number(cpuS)} s of processor, ${busiest.toFixed(2)} cores at most (process ${pid})`];
};

const number = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0 });

const seconds = (valueMs: number): string => `${(valueMs / 1_000).toFixed(1)} s`;

const ms = (valueMs: number): string => (valueMs < 10_000 ? `${number(valueMs)} ms` : seconds(valueMs));
