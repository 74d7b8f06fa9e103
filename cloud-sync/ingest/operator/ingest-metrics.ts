import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { IngestObserver } from "../ingest-observer.ts";
import type { IngestCounts } from "../start-ingest.ts";
import type { SinkAnswer } from "./fleet-api.ts";
import type { Census } from "./fleet.ts";

/**
 * What Prometheus is told of an ingestor. Each name and label is in the table of this folder's README. No label names a
 * gateway, a device or a person: their number would grow with the fleet.
 */
export interface IngestMetrics {
  readonly observer: IngestObserver;
  /** The text format of Prometheus. */
  text(sources: MetricSources): Promise<string>;
  readonly contentType: string;
}

/** What is asked for at each scrape. */
export interface MetricSources {
  readonly counts: IngestCounts;
  readonly census: Census;
  readonly sink: SinkAnswer;
  readonly underWay: number;
}

/** From a commit of a fast disk to a database that struggles. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createIngestMetrics(): IngestMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const told = toldMetrics(registry);
  const asked = askedMetrics(registry);
  return {
    contentType: registry.contentType,
    async text(sources) {
      asked(sources);
      return await registry.metrics();
    },
    observer: {
      onState: () => undefined,
      onArrival: () => undefined,
      onBatch(_gateway, { stored, duplicates, rejected, outcome, durationMs }) {
        told.readings.inc({ outcome: "stored" }, stored);
        told.readings.inc({ outcome: "duplicate" }, duplicates);
        told.readings.inc({ outcome: "rejected" }, rejected);
        told.batches.inc({ outcome });
        if (outcome !== "failed") told.receiptSeconds.observe(durationMs / 1000);
      },
      onCommit({ durationMs, isDone }) {
        told.commits.inc({ outcome: isDone ? "done" : "failed" });
        if (isDone) told.commitSeconds.observe(durationMs / 1000);
      },
      onDeadLetters(letters) {
        for (const { code } of letters) told.deadLettersKept.inc({ code });
      },
      onRefusal: (reason) => told.refusals.inc({ reason }),
    },
  };
}

/** Counted as it happens. */
function toldMetrics(registry: Registry): {
  readonly readings: Counter<"outcome">;
  readonly batches: Counter<"outcome">;
  readonly commits: Counter<"outcome">;
  readonly refusals: Counter<"reason">;
  readonly deadLettersKept: Counter<"code">;
  readonly receiptSeconds: Histogram;
  readonly commitSeconds: Histogram;
} {
  const registers = [registry];
  const counter = <const Label extends string>(name: string, help: string, label: Label): Counter<Label> =>
    new Counter({ name: `carepost_ingest_${name}`, help, labelNames: [label], registers });
  const histogram = (name: string, help: string): Histogram =>
    new Histogram({ name: `carepost_ingest_${name}`, help, buckets: bucketsSeconds, registers });
  const told = {
    readings: counter("readings_total", "Readings that were answered, by what became of them.", "outcome"),
    batches: counter("batches_total", "Messages on the readings topics, by how they ended.", "outcome"),
    commits: counter("commits_total", "Transactions of readings at the sink, by how they ended.", "outcome"),
    refusals: counter("refusals_total", "What the embedded broker refused, by reason.", "reason"),
    deadLettersKept: counter("dead_letters_kept_total", "Dead letters handed to the sink, by code.", "code"),
    receiptSeconds: histogram("receipt_seconds", "From a message's arrival until its receipt is written."),
    commitSeconds: histogram("commit_seconds", "How long a commit of readings took at the sink."),
  };
  // A series that appears with its first event has no increase that an alert could see.
  for (const outcome of ["stored", "duplicate", "rejected"]) told.readings.inc({ outcome }, 0);
  for (const outcome of ["receipted", "unanswered", "failed"]) told.batches.inc({ outcome }, 0);
  for (const outcome of ["done", "failed"]) told.commits.inc({ outcome }, 0);
  return told;
}

/** Looked up at each scrape. */
function askedMetrics(registry: Registry): (sources: MetricSources) => void {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge => new Gauge({ name: `carepost_ingest_${name}`, help, registers });
  const connections = gauge("connections", "Gateways connected to the embedded broker, or 1 for a connection to one.");
  const sourceUp = gauge("source_up", "1 while messages can come in, 0 while the broker is away.");
  const sinkUp = gauge("sink_up", "1 while the sink commits and answers, 0 while it does not.");
  const deadLetters = gauge("dead_letters", "Dead letters in the sink, as of the last look.");
  const underWay = gauge("batches_under_way", "Messages that have come and are not answered yet.");
  const tracked = gauge("fleet_tracked", "Gateways heard of since the start.");
  const untracked = gauge("fleet_untracked", "Messages of gateways beyond the bound of the fleet model.");
  const shed = new Counter({
    name: "carepost_ingest_shed_total",
    help: "Messages dropped unanswered because too many were under way; they come again.",
    registers,
  });
  const fleet = new Gauge({
    name: "carepost_ingest_fleet_gateways",
    help: "Gateways by condition; one may have several.",
    labelNames: ["condition"],
    registers,
  });
  return ({ counts, census, sink, underWay: batches }) => {
    connections.set(counts.connections);
    sourceUp.set(counts.isSourceUp ? 1 : 0);
    sinkUp.set(sink.state === "down" ? 0 : 1);
    deadLetters.set(sink.deadLetters ?? 0);
    underWay.set(batches);
    tracked.set(census.gateways);
    untracked.set(census.untracked);
    shed.reset();
    shed.inc(counts.shed);
    for (const { name, gateways } of census.conditions) fleet.set({ condition: name }, gateways);
  };
}
