import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { batchBytesMax as contractBatchBytesMax } from "../contract/delivery.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { BatchMaker } from "./batch.ts";
import { codeOf } from "./code-of.ts";
import type { Delivery } from "./delivery.ts";
import type { Flight, Piece } from "./flight.ts";
import { LaneReader } from "./lane-reader.ts";
import type { PageBounds } from "./lane-reader.ts";
import type { LaneSchedule } from "./lane-schedule.ts";
import { lanes } from "./outbox.ts";
import type { Lane, Outbox, OutboxPage } from "./outbox.ts";
import type { PublishGate } from "./publish-gate.ts";
import { RetrySchedule } from "./retry-schedule.ts";
import type { SettleBuffer } from "./settle-buffer.ts";
import { Wakeup } from "./wakeup.ts";

export interface DrainPorts {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly delivery: Delivery;
  readonly settle: SettleBuffer;
  readonly schedule: LaneSchedule;
  readonly batches: BatchMaker;
}

/** May change while it runs. */
export interface DrainRules {
  batchReadingsMax: number;
  readonly batchBytesMax: number;
  windowBatches: number;
  /** How long the broker may take to acknowledge before the connection is given up. */
  readonly answerTimeoutMs: number;
}

/** One connection, as the drain needs it. */
export interface DrainLink {
  readonly gate: PublishGate;
  readonly topic: string;
  /** Ends the connection: the broker no longer answers. */
  readonly cut: () => void;
}

interface Choice {
  readonly lane: Lane;
  /** Null: entries that were never sent. */
  readonly piece: Piece | null;
  readonly suspect: boolean;
}

/**
 * Sends what the outbox holds, batch by batch, as fast as the window allows. A batch is one page: one reading when no
 * more waits, as many as fit when more do. Everything that makes it go on rings its bell; idle, it sleeps.
 */
export class Drain {
  readonly #ports: DrainPorts;
  readonly #rules: DrainRules;
  readonly #wakeup: Wakeup;
  readonly #pauses: RetrySchedule;
  readonly #readers: Readonly<Record<Lane, LaneReader>>;
  #pausedUntilMs = 0;
  #refusedInARow = 0;

  constructor(ports: DrainPorts, rules: DrainRules) {
    this.#ports = ports;
    this.#rules = rules;
    this.#wakeup = new Wakeup(ports.clock);
    this.#readers = {
      urgent: new LaneReader(ports.outbox, "urgent"),
      fresh: new LaneReader(ports.outbox, "fresh"),
      backfill: new LaneReader(ports.outbox, "backfill"),
    };
    this.#pauses = new RetrySchedule({ firstDelayMaxMs: 1_000, delayMaxMs: 60_000 }, ports.random);
  }

  /** Something may have become possible: a receipt, a place, an entry. */
  notify(): void {
    this.#wakeup.notify();
  }

  added(lane: Lane): void {
    this.#readers[lane].added();
    this.#wakeup.notify();
  }

  /** Entries are gone that may have been read ahead: they are not sent any more. */
  removed(): void {
    for (const lane of lanes) this.#readers[lane].dropAhead();
    this.#wakeup.notify();
  }

  get isIdle(): boolean {
    const { window, resend } = this.#ports.delivery;
    return (
      window.batches === 0 &&
      resend.pieces === 0 &&
      this.#ports.settle.isEmpty &&
      lanes.every((lane) => this.#readers[lane].isExhausted)
    );
  }

  /** Reads from the start again, should anything wait behind the cursors. Only while idle. */
  sweep(): void {
    for (const lane of lanes) this.#readers[lane].rewind();
    this.#wakeup.notify();
  }

  /** Waits no longer for anything that would be tried again later. */
  hurry(): void {
    this.#pausedUntilMs = 0;
    this.#ports.delivery.hurry();
    this.#wakeup.notify();
  }

  /** Drains into one connection until the signal is aborted. Never rejects. */
  async run(link: DrainLink, signal: AbortSignal): Promise<void> {
    this.#pausedUntilMs = 0;
    this.#ports.delivery.connectionBegan();
    try {
      while (!signal.aborted) {
        const nowMs = this.#ports.clock.monotonicMs();
        if (nowMs >= this.#answerDueMs(link)) link.cut();
        this.#ports.delivery.expire(nowMs);
        const choice = this.#choose(nowMs, link);
        if (choice === null) await this.#wakeup.wait(this.#waitMs(nowMs, link), signal);
        else await this.#send(choice, link, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #choose(nowMs: number, link: DrainLink): Choice | null {
    const { delivery, settle, schedule } = this.#ports;
    const { resend, window } = delivery;
    if (nowMs < this.#pausedUntilMs || settle.isFull || link.gate.isFull || delivery.isHeldBySuspect) return null;
    const mayResend = delivery.mayResend(nowMs);
    if (mayResend && resend.hasSuspectDue(nowMs)) {
      const piece = window.unacknowledged > 0 ? null : resend.take(nowMs, "suspect");
      return piece === null ? null : { lane: piece.lane, piece, suspect: true };
    }
    const lane = schedule.next((candidate) => this.#hasWork(candidate, mayResend ? nowMs : null));
    if (lane === null) return null;
    return { lane, piece: mayResend ? resend.take(nowMs, lane) : null, suspect: false };
  }

  /** @param resendMs the time now, or null if nothing may be sent again now */
  #hasWork(lane: Lane, resendMs: number | null): boolean {
    const { resend, window } = this.#ports.delivery;
    if (!window.hasRoom(lane, this.#rules.batchBytesMax)) return false;
    if (resendMs !== null && resend.hasDue(resendMs, lane)) return true;
    const { windowBatches, batchReadingsMax } = this.#rules;
    return (
      !this.#readers[lane].isExhausted &&
      resend.readings < windowBatches * batchReadingsMax &&
      window.smallUnacknowledged < smallBatchesMax
    );
  }

  async #send(choice: Choice, link: DrainLink, signal: AbortSignal): Promise<void> {
    const { lane, piece } = choice;
    const page = await this.#read(choice);
    // A control message may have taken the place while the page was read.
    if (page === "failed" || signal.aborted || link.gate.isFull) {
      if (piece !== null) this.#ports.delivery.resend.putBack(piece);
      return;
    }
    const lastSeq = page?.seqs.at(-1);
    if (page === null || lastSeq === undefined) return;
    if (piece === null && !this.#readers[lane].take(page, this.#pageBounds())) return;
    if (piece !== null) this.#ports.delivery.resend.add({ ...piece, seqs: piece.seqs.filter((seq) => seq > lastSeq) });
    const bytes = page.body.byteLength + this.#ports.batches.overheadBytesMax;
    if (bytes > contractBatchBytesMax && page.seqs.length === 1) this.#rejectTooLarge(lane, lastSeq);
    else this.#depart(choice, page, link);
  }

  #pageBounds(): PageBounds {
    const { batchReadingsMax, batchBytesMax } = this.#rules;
    return { readingsMax: batchReadingsMax, bytesMax: batchBytesMax - this.#ports.batches.overheadBytesMax };
  }

  async #read({ lane, piece }: Choice): Promise<OutboxPage | null | "failed"> {
    const { outbox, settle, log } = this.#ports;
    const bounds = this.#pageBounds();
    try {
      if (piece === null) return await this.#readers[lane].next(bounds);
      // What receipts have named meanwhile must not be read, and sent, again.
      await settle.flush();
      const [first = 0] = piece.seqs;
      return await outbox.page({ ...bounds, lane, afterSeq: first - 1, throughSeq: piece.seqs.at(-1) ?? first });
    } catch (error) {
      log.error("outbox-unreadable", { code: codeOf(error), lane });
      this.#pause();
      return "failed";
    }
  }

  #depart({ lane, piece, suspect }: Choice, page: OutboxPage, link: DrainLink): void {
    const { delivery, schedule, batches } = this.#ports;
    const { batchReadingsMax, batchBytesMax } = this.#rules;
    const id = batches.nextId();
    const payload = batches.envelope(id, page.body);
    const flight = delivery.depart({
      id,
      lane,
      seqs: page.seqs,
      bytes: payload.byteLength,
      earlier: piece?.history ?? null,
      suspect,
      small: page.seqs.length * 2 < batchReadingsMax && payload.byteLength * 2 < batchBytesMax,
    });
    const contested = lanes.some((other) => other !== lane && this.#hasWork(other, this.#ports.clock.monotonicMs()));
    schedule.sent(lane, page.seqs.length, contested);
    void this.#publish(flight, payload, link);
  }

  async #publish(flight: Flight, payload: Uint8Array, { gate, topic }: DrainLink): Promise<void> {
    const { delivery, log, batches } = this.#ports;
    try {
      await gate.publish({ topic, payload, qos: 1, retain: false, contentType: batches.contentType });
      this.#refusedInARow = 0;
      this.#pauses.reset();
      delivery.acknowledged(flight);
    } catch (error) {
      // Whatever was under way when a connection ends is dealt with at its end, all of it together.
      if (connectionErrors.is(error, "connection-lost")) return;
      log.warn("batch-refused", { code: codeOf(error), readings: flight.seqs.length });
      this.#refused(flight, error);
    } finally {
      this.#wakeup.notify();
    }
  }

  #refused(flight: Flight, error: unknown): void {
    const { delivery } = this.#ports;
    this.#refusedInARow += 1;
    if (connectionErrors.is(error, "not-authorized", "quota-exceeded")) {
      delivery.takenBack(flight);
      this.#pause();
      return;
    }
    const isTooLarge = connectionErrors.is(error, "packet-too-large");
    delivery.refused(flight, isTooLarge ? "packet-too-large" : "publish-refused");
    // One that is refused between others that are not is at fault itself, and holds nobody up.
    if (!isTooLarge && this.#refusedInARow > 1) this.#pause();
  }

  #rejectTooLarge(lane: Lane, seq: number): void {
    const { settle, log, delivery } = this.#ports;
    delivery.counts.rejected += 1;
    log.error("reading-given-up", { code: "reading-too-large", lane });
    const reason = `the reading alone is larger than a batch of ${contractBatchBytesMax} bytes`;
    settle.add([{ lane, fate: "rejected", seq, code: "reading-too-large", reason }]);
  }

  #pause(): void {
    const delayMs = this.#pauses.nextDelayMs();
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#ports.clock.monotonicMs() + delayMs);
  }

  /** When a broker that owes an acknowledgement is no longer believed to be there. */
  #answerDueMs({ gate }: DrainLink): number {
    return (gate.owedSinceMs ?? Number.POSITIVE_INFINITY) + this.#rules.answerTimeoutMs;
  }

  #waitMs(nowMs: number, link: DrainLink): number | null {
    const deadlineMs = this.#ports.delivery.nextDeadlineMs(nowMs) ?? Number.POSITIVE_INFINITY;
    const moments = [deadlineMs, this.#answerDueMs(link), this.#pausedUntilMs];
    const next = Math.min(...moments.filter((moment) => moment > nowMs));
    return Number.isFinite(next) ? next - nowMs : null;
  }
}

/**
 * While so many small batches are not acknowledged, the next one waits, and gathers what comes meanwhile. So a trickle
 * goes out reading by reading, and a stream in batches that grow with it, by the broker's own pace and with no timer.
 */
const smallBatchesMax = 4;
