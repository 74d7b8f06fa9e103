import { createBatcher } from "../../cloud-sync/ingest/batcher.ts";
import { deadLetterDesk } from "../../cloud-sync/ingest/dead-letter-desk.ts";
import { type IngestWatch, watchIngest } from "../../cloud-sync/ingest/operator/ingest-watch.ts";
import {
  type OperatorHandle,
  type OperatorOptions,
  startOperator,
} from "../../cloud-sync/ingest/operator/start-operator.ts";
import type { GatewayState } from "../../cloud-sync/contract/control.ts";
import { observedSink } from "../../cloud-sync/ingest/ingest-observer.ts";
import type { NewDeadLetter, Sink } from "../../cloud-sync/ingest/sink.ts";
import type { IngestHandle } from "../../cloud-sync/ingest/start-ingest.ts";
import type { Random } from "../../device-drivers/ports/clock.ts";
import { createVirtualClock, type VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../simulators/random.ts";
import { keptLog } from "./kept-log.ts";
import { createMemorySink, type MemorySink } from "./memory-sink.ts";

/** An ingestor that nobody sends to: its fleet is told to its observer, its sink is in memory, its time stands still. */
export interface SimulatedIngest {
  readonly clock: VirtualClock;
  readonly watch: IngestWatch;
  readonly memory: MemorySink;
  readonly handle: IngestHandle;
}

export const simulatedStart = Date.parse("2026-03-02T08:00:00Z");

export function simulatedIngest(): SimulatedIngest {
  const clock = createVirtualClock(simulatedStart);
  const log = keptLog();
  const watch = watchIngest(clock);
  const memory = createMemorySink({ clock });
  const sink: Sink = observedSink(memory, watch.observer, clock);
  const desk = deadLetterDesk({ sink, batcher: createBatcher(sink, clock), clock, log });
  // What the fleet only tells of is in no sink.
  const toldReadings = (): number => watch.traffic.answer(clock.now()).totals.stored;
  const counts = async (): ReturnType<typeof desk.counts> => {
    const { readings, deadLetters } = await desk.counts();
    return { readings: readings + toldReadings(), deadLetters };
  };
  const handle: IngestHandle = {
    address: null,
    counts: () => ({
      messages: 0,
      stored: 0,
      duplicates: 0,
      rejected: 0,
      unusable: 0,
      failed: 0,
      connections: watch.fleet.census(clock.now()).conditions[0]?.gateways ?? 0,
      refused: {},
      shed: 0,
      isSourceUp: true,
    }),
    states: () => new Map(),
    onCommitted: () => () => undefined,
    deadLetters: { ...desk, counts },
    homes: memory.rosters,
    asks: {
      supportBundle: async (gateway) => `${JSON.stringify({ about: "simulated", gateway })}\n`,
      stop: () => undefined,
    },
    failed: Promise.withResolvers<never>().promise,
    stop: () => Promise.resolve(),
  };
  return { clock, watch, memory, handle };
}

/** On a free port of this machine, without a login, unless told otherwise. */
export const simulatedOperator = (
  { clock, watch, handle }: SimulatedIngest,
  options: Partial<OperatorOptions> = {},
): Promise<OperatorHandle> =>
  startOperator(handle, watch, {
    host: "127.0.0.1",
    port: 0,
    names: [],
    tls: null,
    passwords: null,
    metricsToken: null,
    version: "0.0.0",
    clock,
    log: keptLog(),
    ...options,
  });

/** Two hours in the life of so many gateways, some of them in every kind of trouble. */
export async function liveTwoHours(ingest: SimulatedIngest, gateways: number): Promise<void> {
  const { clock, watch } = ingest;
  const random = seededRandom(7);
  for (let index = 0; index < gateways; index += 1) watch.observer.onState(idOf(index), stateOf(index, ingest, 0));
  for (let step = 1; step <= stepsOfTwoHours; step += 1) {
    await clock.advance(stepMs);
    const isLast = step === stepsOfTwoHours;
    for (let index = 0; index < gateways; index += 1) {
      if (isLast || step % 24 === index % 24) watch.observer.onState(idOf(index), stateOf(index, ingest, step));
      if (random() < 0.06 + 0.04 * Math.sin(step / 20)) tellBatch(ingest, idOf(index), random);
    }
  }
}

const stepMs = 60_000;
const stepsOfTwoHours = 120;

export const idOf = (index: number): string => `gw-${String(index + 1).padStart(5, "0")}`;

function stateOf(index: number, { clock }: SimulatedIngest, step: number): GatewayState {
  const at = clock.now();
  const trouble = index % 50;
  const isLost = trouble === 7 && step > 60;
  return {
    v: 1,
    gateway: idOf(index),
    online: !isLost,
    version: index % 9 === 0 ? "0.1.0" : "0.2.0",
    bootId: `boot-${index}`,
    backlog: trouble === 11 ? step * 3 : index % 3,
    oldestUnsentAt: trouble === 11 ? at - step * stepMs : null,
    held: trouble === 13 ? 4 : 0,
    clock: trouble === 17 && step > 30 ? "untrusted" : "trusted",
    alarm: trouble === 23 && index > 100 ? "quota" : null,
    radio: trouble === 29 ? "down" : trouble === 31 || trouble === 37 ? "silent" : "up",
    at: trouble === 41 ? at + 300_000 : at,
    certificateExpiresAt: at + (trouble === 19 ? 9 : 60) * 86_400_000,
  };
}

function tellBatch({ watch }: SimulatedIngest, gateway: string, random: Random): void {
  const readings = 1 + Math.floor(random() * 4);
  const rejected = random() < 0.0005 ? 1 : 0;
  watch.observer.onArrival();
  watch.observer.onCommit({ readings, durationMs: 1 + 4 * random(), isDone: true });
  watch.observer.onBatch(gateway, {
    stored: readings - rejected,
    duplicates: 0,
    rejected,
    outcome: "receipted",
    durationMs: 2 + 9 * random() ** 3,
  });
}

/** A few dead letters, of which some would be taken today. */
export async function keepSomeDeadLetters(
  { memory, watch, clock }: SimulatedIngest,
  wrong: object,
  right: object,
): Promise<void> {
  const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const letter = (
    index: number,
    { code, reason }: Pick<NewDeadLetter, "code" | "reason">,
    payload: Uint8Array,
  ): NewDeadLetter => ({ gateway: idOf(index), code, reason, payload, receivedAt: clock.now() - 60_000 * index });
  const unit = { code: "reading-invalid", reason: "concentration.unit: Invalid option" };
  const time = { code: "reading-invalid", reason: "time.measured: Invalid ISO datetime" };
  const unstorable = { code: "reading-unstorable", reason: "valid, but the sink cannot store it" };
  const noJson = { code: "message-not-json", reason: "not valid JSON" };
  const letters = [
    letter(3, unit, encode(wrong)),
    letter(8, time, encode({ ...wrong, sequenceNumber: 2 })),
    letter(5, unstorable, encode(right)),
    letter(21, noJson, new TextEncoder().encode("hello")),
  ];
  await memory.keepDeadLetters(letters);
  watch.observer.onDeadLetters(letters);
}
