import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { mqttConnector } from "../../cloud-sync/mqtt/mqttjs-connection.ts";
import { decodeBloodPressureMeasurement } from "../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { systemClock } from "../../gateway/system-clock.ts";
import { startGatewayEnd } from "./gateway-end.ts";
import { newReading } from "./load.ts";
import { timedConnector } from "./timed-connector.ts";

/** The process behind `steady-load.ts`: notifications at a steady rate through decoder, store and forwarder. */
export interface SteadyLoad {
  readonly storePath: string;
  readonly url: string;
  readonly perSecond: number;
  readonly durationMs: number;
}

/** Times of readings, in milliseconds from the notification that brought each; what never came is missing. */
export interface SteadyLoadReport {
  readonly notified: number;
  /** Also those from before the measuring began. */
  readonly acceptedInAll: number;
  readonly storedMs: readonly number[];
  readonly acknowledgedMs: readonly number[];
  readonly receiptMs: readonly number[];
  readonly storedPerSecond: number;
  /** The longest time for which the event loop did nothing else. */
  readonly blockedMs: number;
}

/** What it writes to standard output, as one line. */
export interface ToldReport {
  readonly pid: number;
  readonly report: SteadyLoadReport;
}

/** Upkeep of a new database and the compiling of what runs often are over by then. */
const settlingMs = 1_500;
const lastReceiptMs = 1_000;
/** 122/81 mmHg on 1 January 2026, pulse 63. */
const frame = Uint8Array.of(0x1e, 122, 0, 81, 0, 95, 0, 0xea, 7, 1, 1, 8, 30, 0, 63, 0, 1, 0, 0);

let made = 0;

const load: SteadyLoad = JSON.parse(process.argv[2] ?? "");
const told: ToldReport = { pid: process.pid, report: await measure(load) };
process.stdout.write(`${JSON.stringify(told)}\n`);
await new Promise<never>(() => undefined);

async function measure(wanted: SteadyLoad): Promise<SteadyLoadReport> {
  const store = await openStore({ path: wanted.storePath, key: null, clock: systemClock, thread: "worker" });
  const times = { acknowledgedMs: new Map<string, number>(), receiptMs: new Map<string, number>() };
  startGatewayEnd(store, wanted.url, timedConnector(mqttConnector(), times));
  await notifySteadily(store, { ...wanted, durationMs: settlingMs });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const notified = await notifySteadily(store, wanted);
  await setTimeout(lastReceiptMs);
  delay.disable();
  const since = (done: Map<string, number>): readonly number[] =>
    [...notified].flatMap(([id, { atMs }]) => (done.has(id) ? [(done.get(id) ?? 0) - atMs] : []));
  const storedMs = [...notified.values()].map(({ storedMs: takenMs }) => takenMs);
  return {
    notified: notified.size,
    acceptedInAll: made,
    storedMs,
    acknowledgedMs: since(times.acknowledgedMs),
    receiptMs: since(times.receiptMs),
    storedPerSecond: rateOf([...notified.values()]),
    blockedMs: delay.max / 1e6,
  };
}

interface Notified {
  readonly atMs: number;
  /** How long it took until it was on disk. */
  storedMs: number;
}

/** Each notification comes in its time, whether or not the one before it is on disk: they are of different devices. */
async function notifySteadily(store: Store, { perSecond, durationMs }: SteadyLoad): Promise<Map<string, Notified>> {
  const notified = new Map<string, Notified>();
  const stored: Promise<void>[] = [];
  const startedMs = performance.now();
  const count = Math.round((perSecond * durationMs) / 1000);
  for (let index = 0; index < count; index += 1) {
    const waitMs = startedMs + (index * 1000) / perSecond - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    stored.push(notify(store, notified));
  }
  await Promise.all(stored);
  return notified;
}

async function notify(store: Store, notified: Map<string, Notified>): Promise<void> {
  const atMs = performance.now();
  if (!decodeBloodPressureMeasurement(frame).ok) throw new Error("the frame is not a measurement");
  made += 1;
  const entry = newReading(made);
  const note: Notified = { atMs, storedMs: Number.NaN };
  notified.set(entry.reading.id, note);
  await store.add({ ...entry, lane: "fresh" });
  note.storedMs = performance.now() - atMs;
}

function rateOf(notified: readonly Notified[]): number {
  const doneMs = notified.map(({ atMs, storedMs }) => atMs + storedMs);
  return ((doneMs.length - 1) * 1000) / (Math.max(...doneMs) - Math.min(...doneMs));
}
