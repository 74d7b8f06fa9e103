import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { openSeqs } from "./flight.ts";
import type { AttemptHistory, Departure, Flight, Piece } from "./flight.ts";
import { judgeFailure } from "./poison.ts";
import type { FailureKind } from "./poison.ts";
import { applyReceipt, deliverAll, readReceipt } from "./receipts.ts";
import { ResendQueue } from "./resend-queue.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import type { SettleBuffer } from "./settle-buffer.ts";
import { Window } from "./window.ts";

export interface DeliveryPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settle: SettleBuffer;
  /** The ingestor's clock, from each receipt: a hint where the gateway's own is in doubt. */
  readonly onServerTime: (at: number) => void;
}

export interface DeliveryRules {
  readonly acknowledge: "receipt" | "puback";
  readonly windowBatches: number;
  readonly windowBytesMax: number;
  /** After the broker's acknowledgement, how long a receipt may take. */
  readonly receiptTimeoutMs: number;
  readonly deadLetterAfter: number;
}

/** What was counted since the program started. */
export interface DeliveryCounts {
  delivered: number;
  rejected: number;
  receipts: number;
  /** Receipts for batches that nobody here remembers. */
  strayReceipts: number;
  invalidReceipts: number;
  batchesSent: number;
  readingsResent: number;
}

/**
 * The books of delivery: what is under way, what has to be sent again, and what became of each reading. They outlive
 * connections; the outbox outlives them. Nothing here waits: `Drain` does the sending.
 */
export class Delivery {
  readonly window: Window;
  readonly resend = new ResendQueue(suspectLosses);
  readonly counts: DeliveryCounts = {
    delivered: 0,
    rejected: 0,
    receipts: 0,
    strayReceipts: 0,
    invalidReceipts: 0,
    batchesSent: 0,
    readingsResent: 0,
  };
  readonly #ports: DeliveryPorts;
  readonly #rules: DeliveryRules;
  /** Flights that were given up: their receipts may still come. */
  readonly #recent = new Map<string, Flight>();
  readonly #probes: RetrySchedule;
  /** The last of the batches, in the order of sending, of which something was delivered. */
  #deliveredOrdinal = 0;
  /** While the ingestion end answers nothing at all: when the next batch is sent again to see whether it does. */
  #probeAtMs: number | null = null;
  #suspect: Flight | null = null;

  constructor(ports: DeliveryPorts, rules: DeliveryRules) {
    this.#ports = ports;
    this.#rules = rules;
    this.window = new Window({ batchesMax: rules.windowBatches, bytesMax: rules.windowBytesMax });
    this.#probes = new RetrySchedule({ firstDelayMaxMs: 5_000, delayMaxMs: 60_000 }, ports.random);
  }

  /** Is a suspect on its way, alone? Nothing else is sent until it has arrived or has ended the connection. */
  get isHeldBySuspect(): boolean {
    const suspect = this.#suspect;
    return suspect !== null && suspect.acknowledgedMs === null && this.window.get(suspect.id) === suspect;
  }

  /** While nobody answers at all, what was sent before is sent again one batch at a time, and seldom. */
  mayResend(nowMs: number): boolean {
    if (this.#probeAtMs === null) return true;
    return nowMs >= this.#probeAtMs && ![...this.window].some(({ history }) => history.failures > 0);
  }

  depart(departure: Departure): Flight {
    this.counts.batchesSent += 1;
    const ordinal = this.counts.batchesSent;
    const readings = departure.seqs.length;
    const flight: Flight = {
      ...departure,
      ordinal,
      history: departure.earlier ?? { failures: 0, witnessed: 0, losses: 0, since: ordinal },
      acknowledgedMs: null,
      answered: new Uint8Array(readings),
      openCount: readings,
    };
    this.window.add(flight);
    if (flight.suspect) this.#suspect = flight;
    if (departure.earlier !== null) this.counts.readingsResent += readings;
    return flight;
  }

  acknowledged(flight: Flight): void {
    this.window.acknowledge(flight, this.#ports.clock.monotonicMs());
    if (this.#rules.acknowledge === "receipt" || !this.window.remove(flight)) return;
    this.counts.delivered += flight.openCount;
    this.#ports.settle.add([deliverAll(flight)]);
    this.#answered(flight);
  }

  receipt(payload: Uint8Array): void {
    const said = readReceipt(payload);
    if (said === null) {
      this.counts.invalidReceipts += 1;
      this.#ports.log.warn("receipt-invalid", { bytes: payload.byteLength });
      return;
    }
    this.counts.receipts += 1;
    const flight = this.window.get(said.batch) ?? this.#recent.get(said.batch);
    if (flight === undefined) this.counts.strayReceipts += 1;
    else this.#apply(flight, said);
    this.#ports.onServerTime(said.at);
  }

  /** The broker refused a batch for what it is. */
  refused(flight: Flight, kind: FailureKind): void {
    if (this.#giveUp(flight)) this.#fail(flight, kind);
  }

  /** The broker refused a batch for what everybody does: it goes again, and nothing is held against it. */
  takenBack(flight: Flight): void {
    if (this.#giveUp(flight)) this.#sendAgain(flight, flight.history);
  }

  /** Gives up what the broker acknowledged, and no receipt came for. */
  expire(nowMs: number): void {
    for (const flight of this.window) {
      if (nowMs < this.#deadlineMs(flight)) continue;
      this.#giveUp(flight);
      if (this.#deliveredOrdinal <= flight.ordinal) this.#probeLater(nowMs);
      this.#fail(flight, "no-receipt");
    }
  }

  /** A connection has begun: whoever did not answer before may do so now. */
  connectionBegan(): void {
    if (this.#probeAtMs !== null) this.#probeAtMs = this.#ports.clock.monotonicMs();
  }

  /** The connection is over: all that was under way has to be sent again. */
  connectionEnded(): void {
    for (const flight of this.window) {
      this.#giveUp(flight);
      const { history } = flight;
      if (flight.acknowledgedMs !== null) this.#sendAgain(flight, { ...history, losses: 0 });
      else if (flight.suspect) this.#fail(flight, "ended-connection");
      else this.#sendAgain(flight, { ...history, losses: history.losses + 1 });
    }
  }

  /** Everything that waits for its time, and for whom nobody else is to blame, is due now. */
  hurry(): void {
    this.#probeAtMs = null;
    this.resend.releaseUnwitnessed(this.#ports.clock.monotonicMs());
  }

  /** When something falls due that no message announces; null if nothing does. */
  nextDeadlineMs(nowMs: number): number | null {
    const moments = [this.resend.nextDueMs(), this.#probeAtMs].filter((moment) => moment !== null);
    for (const flight of this.window) moments.push(this.#deadlineMs(flight));
    const next = Math.min(...moments.filter((moment) => moment > nowMs));
    return Number.isFinite(next) ? next : null;
  }

  #deadlineMs(flight: Flight): number {
    return (flight.acknowledgedMs ?? Number.POSITIVE_INFINITY) + this.#rules.receiptTimeoutMs;
  }

  #apply(flight: Flight, said: NonNullable<ReturnType<typeof readReceipt>>): void {
    const openBefore = flight.openCount;
    const settlements = applyReceipt(flight, said);
    const rejected = settlements.filter(({ fate }) => fate === "rejected").length;
    this.counts.rejected += rejected;
    this.counts.delivered += openBefore - flight.openCount - rejected;
    this.#ports.settle.add(settlements);
    if (flight.openCount === 0) {
      this.window.remove(flight);
      this.#recent.delete(flight.id);
    }
    if (flight.openCount < openBefore) this.#answered(flight);
  }

  #answered(flight: Flight): void {
    this.#deliveredOrdinal = Math.max(this.#deliveredOrdinal, flight.ordinal);
    if (this.#probeAtMs === null) return;
    this.#probes.reset();
    this.hurry();
  }

  #probeLater(nowMs: number): void {
    if (this.#probeAtMs !== null && this.#probeAtMs > nowMs) return;
    this.#probeAtMs = nowMs + this.#probes.nextDelayMs();
  }

  #giveUp(flight: Flight): boolean {
    if (!this.window.remove(flight)) return false;
    this.#recent.set(flight.id, flight);
    for (const id of this.#recent.keys()) {
      if (this.#recent.size <= recentFlightsMax) break;
      this.#recent.delete(id);
    }
    return true;
  }

  #sendAgain(flight: Flight, history: AttemptHistory): void {
    const dueMs = this.#ports.clock.monotonicMs();
    this.resend.add({ lane: flight.lane, seqs: openSeqs(flight), history, dueMs });
  }

  #fail(flight: Flight, kind: FailureKind): void {
    const failed: Omit<Piece, "dueMs"> = { lane: flight.lane, seqs: openSeqs(flight), history: flight.history };
    const verdict = judgeFailure(failed, kind, {
      isWitnessed: this.#deliveredOrdinal > flight.history.since,
      sent: this.counts.batchesSent,
      deadLetterAfter: this.#rules.deadLetterAfter,
      maySplitUnwitnessed: this.resend.pieces < splitPiecesMax,
      random: this.#ports.random,
    });
    if (verdict.type === "give-up") {
      this.#deadLetter(failed, verdict.code);
      return;
    }
    const dueMs = this.#ports.clock.monotonicMs() + verdict.delayMs;
    for (const { seqs, history } of verdict.parts) this.resend.add({ lane: failed.lane, seqs, history, dueMs });
  }

  #deadLetter({ lane, seqs: [seq] }: Omit<Piece, "dueMs">, code: string): void {
    if (seq === undefined) return;
    this.counts.rejected += 1;
    this.#ports.log.error("reading-given-up", { code, lane });
    const reason = "the reading could not be delivered, though others were";
    this.#ports.settle.add([{ lane, fate: "rejected", seq, code, reason }]);
  }
}

/** So often may a connection end under a batch before it is sent alone, to see whether it is the cause. */
const suspectLosses = 3;
const recentFlightsMax = 512;
/** While nothing is delivered, batches are split only as long as there are fewer pieces than this. */
const splitPiecesMax = 16;
