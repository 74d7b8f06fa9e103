import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { ClockTrust } from "../collect/clock-trust.ts";
import type { RadioSupervisor } from "../collect/radio-supervisor.ts";
import type { GatewayListener } from "../gateway-event.ts";
import type { Store } from "../store/store.ts";

/**
 * What Prometheus is told of this gateway. Each name and label is in the table of this folder's README. No label holds a
 * device, a person or a value.
 */
export interface GatewayMetrics {
  /** Counts what happens. */
  readonly onEvent: GatewayListener;
  /** The text format of Prometheus. Rejects as the store does. */
  text(sources: MetricSources): Promise<string>;
  readonly contentType: string;
}

/** What is asked at each scrape. */
export interface MetricSources {
  readonly store: Pick<Store, "counts" | "backlog">;
  readonly forwarder: Pick<Forwarder, "status">;
  readonly supervisor: Pick<RadioSupervisor, "state">;
  readonly trust: Pick<ClockTrust, "state" | "likelyNow">;
  /** When the gateway's certificate ends, in milliseconds since 1970; null where it has none. */
  readonly certificateExpiresAt?: (() => number | null) | undefined;
}

const radioStates = ["starting", "up", "silent", "down"] as const;
const alarms = ["quota", "disk-full"] as const;

export function createGatewayMetrics(): GatewayMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const ask = askedMetrics(registry);
  return {
    contentType: registry.contentType,
    onEvent: eventCounters(registry),
    async text(sources) {
      await ask(sources);
      return await registry.metrics();
    },
  };
}

function eventCounters(registry: Registry): GatewayListener {
  const counter = <const Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name: `carepost_gateway_${name}`, help, labelNames, registers: [registry] });
  const stored = counter("readings_stored_total", "Readings that were new to the store.", []);
  const sessions = counter("sessions_total", "Sessions with devices, by how they ended.", ["outcome"]);
  const repairs = counter("radio_repairs_total", "Steps to mend the radio, by what they brought.", ["outcome"]);
  // A series that appears with its first event has no increase that an alert could see.
  for (const outcome of ["complete", "failed"]) sessions.inc({ outcome }, 0);
  for (const outcome of ["mended", "no-use", "failed"]) repairs.inc({ outcome }, 0);
  return (event) => {
    if (event.type === "reading-stored" && event.outcome === "stored") stored.inc();
    else if (event.type === "session-ended") sessions.inc({ outcome: event.failure === null ? "complete" : "failed" });
    else if (event.type === "radio-repair") repairs.inc({ outcome: event.outcome });
  };
}

function askedMetrics(registry: Registry): (sources: MetricSources) => Promise<void> {
  const gauge = <const Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name: `carepost_gateway_${name}`, help, labelNames, registers: [registry] });
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `carepost_gateway_${name}`, help, registers: [registry] });
  const delivered = counter("readings_delivered_total", "Readings whose receipt has come.");
  const rejected = counter("readings_rejected_total", "Readings that the ingestion end rejected.");
  const waiting = gauge("outbox_waiting", "Readings that wait for delivery.");
  const oldest = gauge("oldest_unsent_seconds", "How long the oldest of them has waited; 0 if none waits.");
  const held = gauge("held", "Readings that wait for a person.");
  const undated = gauge("undated", "Readings that wait for a clock that can be trusted.");
  const deadLetters = gauge("dead_letters", "Readings that were rejected and are kept.");
  const storeBytes = gauge("store_bytes", "The size of the store's database file.");
  const alarm = gauge("store_alarm", "1 while the store takes no more readings, by why.", ["alarm"]);
  const connected = gauge("connected", "1 while there is a connection to the broker.");
  const radio = gauge("radio_state", "1 for the state that the radio is in.", ["state"]);
  const clockTrusted = gauge("clock_trusted", "1 while the machine's clock can be trusted.");
  const certificate = gauge("certificate_expiry_seconds", "Until the certificate ends; +Inf where there is none.");
  return async ({ store, forwarder, supervisor, trust, certificateExpiresAt }) => {
    const [counts, backlog] = await Promise.all([store.counts(), store.backlog()]);
    const now = trust.likelyNow();
    const { connection, counts: sent } = forwarder.status();
    setTotal(delivered, sent.delivered);
    setTotal(rejected, sent.rejected);
    waiting.set(backlog.waiting);
    oldest.set(backlog.oldestUnsentAt === null ? 0 : Math.max(0, now - backlog.oldestUnsentAt) / 1000);
    held.set(counts.held);
    undated.set(counts.undated);
    deadLetters.set(counts.deadLetters);
    storeBytes.set(counts.fileBytes);
    for (const name of alarms) alarm.set({ alarm: name }, counts.alarm === name ? 1 : 0);
    connected.set(connection === null ? 0 : 1);
    const { condition } = supervisor.state();
    for (const state of radioStates) radio.set({ state }, state === condition ? 1 : 0);
    clockTrusted.set(trust.state === "trusted" ? 1 : 0);
    const expiresAt = certificateExpiresAt?.() ?? null;
    certificate.set(expiresAt === null ? Number.POSITIVE_INFINITY : (expiresAt - now) / 1000);
  };
}

/** A count that is kept elsewhere. */
function setTotal(counter: Counter, total: number): void {
  counter.reset();
  counter.inc(total);
}
