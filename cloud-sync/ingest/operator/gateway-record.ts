import type { GatewayState } from "../../contract/control.ts";
import type { ObservedBatch } from "../ingest-observer.ts";
import { conditionBit } from "./conditions.ts";
import { LifeRing } from "./life-ring.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A home that measures once a day is not silent after a night; beyond a week nobody waits for a rhythm. */
const silentAfterMsMin = 26 * hourMs;
const silentAfterMsMax = 8 * dayMs;
const silentGaps = 6;

const clockToleranceMs = 2 * minuteMs;
/** Two states whose offsets differ by no more were both told live: a retained one lags by the time it lay there. */
const offsetAgreementMs = 30_000;

const backlogGrowth = 20;
const backlogGrowthMs = 10 * minuteMs;
const backlogAgeMsMax = hourMs;

const certificateWarningMs = 14 * dayMs;
const rejectedMemoryMs = dayMs;

const bits = {
  online: conditionBit("online"),
  offline: conditionBit("offline"),
  silent: conditionBit("silent"),
  alarm: conditionBit("alarm"),
  certificate: conditionBit("certificate-expiring"),
  clock: conditionBit("clock-wrong"),
  radioDown: conditionBit("radio-down"),
  radioSilent: conditionBit("radio-silent"),
  backlog: conditionBit("backlog-growing"),
  rejected: conditionBit("rejected"),
};

/**
 * What is known of one gateway: some 0.9 KiB when it is young, 1.8 KiB when it is seldom quiet. It holds no reading, no
 * person and no device. Times are of this machine's wall clock, in milliseconds since 1970.
 */
export class GatewayRecord {
  readonly gateway: string;
  readonly firstHeardAt: number;
  readonly life = new LifeRing();
  state: GatewayState | null = null;
  /** Null while all that is known of it is a last will that lay at the broker: nobody knows since when. */
  heardAt: number | null = null;
  lastBatchAt: number | null = null;
  clockOffsetMs: number | null = null;
  batches = 0;
  stored = 0;
  duplicates = 0;
  rejected = 0;
  refused = 0;
  #isOnline: boolean | null = null;
  #offsetSeenMs: number | null = null;
  #lastRejectedAt = -Infinity;
  /** The usual time between two batches, as an exponential mean. */
  #gapMs: number | null = null;
  /** Where the backlog began to grow. */
  #lowBacklog = 0;
  #lowAt = 0;
  #hour = 0;
  #storedThisHour = 0;
  #storedHourBefore = 0;

  constructor(gateway: string, at: number) {
    this.gateway = gateway;
    this.firstHeardAt = at;
    this.life.add(at, "first-heard");
  }

  hearState(state: GatewayState, at: number): void {
    const before = this.state;
    if (before !== null && isSame(before, state)) return;
    if (before !== null || state.online) this.heardAt = at;
    if (state.online !== this.#isOnline) this.life.add(at, state.online ? "connected" : "lost");
    this.#isOnline = state.online;
    // A last will is written before anything is known: what the gateway said while it lived stays true of it.
    this.state = state.online || before === null ? state : { ...before, online: false, at: state.at };
    if (!state.online) return;
    this.#noteChanges(before, state, at);
    this.#estimateOffset(state.at - at);
    this.#followBacklog(before?.backlog ?? null, state.backlog, at);
  }

  hearBatch({ stored, duplicates, rejected, outcome }: ObservedBatch, at: number): void {
    this.heardAt = at;
    this.#isOnline ??= true;
    this.batches += 1;
    this.stored += stored;
    this.duplicates += duplicates;
    if (this.lastBatchAt !== null) {
      const gapMs = at - this.lastBatchAt;
      this.#gapMs = this.#gapMs === null ? gapMs : 0.8 * this.#gapMs + 0.2 * gapMs;
    }
    this.lastBatchAt = at;
    this.life.tally(at, "batches", stored);
    this.#turnHour(at);
    this.#storedThisHour += stored;
    if (rejected > 0 || outcome === "unanswered") this.#hearRejected(Math.max(1, rejected), at);
  }

  hearRefusal(at: number): void {
    this.refused += 1;
    this.life.tally(at, "refused", 0);
  }

  /** After so long without a word it counts as silent: six of its usual gaps, within 26 hours and 8 days. */
  silentAfterMs(): number {
    return Math.min(silentAfterMsMax, Math.max(silentAfterMsMin, silentGaps * (this.#gapMs ?? 0)));
  }

  /** Readings of the last 60 minutes, taken evenly from the hour before: right within what an hour's rhythm changes. */
  readingsLastHour(at: number): number {
    this.#turnHour(at);
    const share = 1 - (at % hourMs) / hourMs;
    return Math.round(this.#storedThisHour + this.#storedHourBefore * share);
  }

  /** The conditions at this time, as bits: see `conditions.ts`. */
  conditions(now: number): number {
    const { state } = this;
    let found = this.#presence(now);
    if (state === null) return found | this.#rejectedBit(now);
    if (state.alarm !== null) found |= bits.alarm;
    if (state.radio === "down") found |= bits.radioDown;
    if (state.radio === "silent") found |= bits.radioSilent;
    if (this.#isClockWrong(state)) found |= bits.clock;
    if (this.#isBacklogGrowing(state, now)) found |= bits.backlog;
    if (isEnding(state.certificateExpiresAt, now) || isEnding(state.pagesCertificateExpiresAt, now)) {
      found |= bits.certificate;
    }
    return found | this.#rejectedBit(now);
  }

  #hearRejected(readings: number, at: number): void {
    this.rejected += readings;
    this.#lastRejectedAt = at;
    this.life.tally(at, "rejected", readings);
  }

  #presence(now: number): number {
    if (now - (this.heardAt ?? this.firstHeardAt) > this.silentAfterMs()) return bits.silent;
    return this.#isOnline === false ? bits.offline : bits.online;
  }

  #rejectedBit(now: number): number {
    return now - this.#lastRejectedAt < rejectedMemoryMs ? bits.rejected : 0;
  }

  #isClockWrong(state: GatewayState): boolean {
    if (state.clock === "untrusted" && state.online) return true;
    return this.clockOffsetMs !== null && Math.abs(this.clockOffsetMs) > clockToleranceMs;
  }

  #isBacklogGrowing({ backlog, oldestUnsentAt, online }: GatewayState, now: number): boolean {
    if (backlog === null || backlog === 0) return false;
    const grew = backlog - this.#lowBacklog >= backlogGrowth && now - this.#lowAt >= backlogGrowthMs;
    const isOld = online && this.#isOnline === true && now - (oldestUnsentAt ?? now) > backlogAgeMsMax;
    return grew || (isOld && now - this.#lowAt >= backlogGrowthMs);
  }

  #noteChanges(before: GatewayState | null, state: GatewayState, at: number): void {
    if (before === null) return;
    if (before.version !== state.version) this.life.add(at, "updated");
    else if (before.bootId !== state.bootId) this.life.add(at, "restarted");
    if (before.clock !== state.clock) this.life.add(at, `clock-${state.clock}`);
    if ((before.alarm === null) !== (state.alarm === null)) {
      this.life.add(at, state.alarm === null ? "alarm-over" : "alarm");
    }
    const { radio } = state;
    if (radio !== before.radio && typeof radio === "string" && radio !== "starting") {
      this.life.add(at, `radio-${radio}`);
    }
  }

  /** A clock that runs ahead shows at once; one that is behind looks like a message that was late, until two agree. */
  #estimateOffset(offsetMs: number): void {
    const earlier = this.#offsetSeenMs;
    this.#offsetSeenMs = offsetMs;
    const agrees = earlier !== null && Math.abs(earlier - offsetMs) <= offsetAgreementMs;
    if (agrees || offsetMs > -offsetAgreementMs) this.clockOffsetMs = offsetMs;
  }

  #followBacklog(before: number | null, backlog: number | null, at: number): void {
    if (backlog === null) return;
    if (before !== null && backlog >= before && this.#lowAt > 0) return;
    this.#lowBacklog = backlog;
    this.#lowAt = at;
  }

  #turnHour(at: number): void {
    const hour = Math.floor(at / hourMs);
    if (hour === this.#hour) return;
    this.#storedHourBefore = hour === this.#hour + 1 ? this.#storedThisHour : 0;
    this.#storedThisHour = 0;
    this.#hour = hour;
  }
}

/** The same announcement again, as when a source connects anew and is handed what is retained. */
const isSame = (one: GatewayState, other: GatewayState): boolean =>
  one.at === other.at && one.online === other.online && one.bootId === other.bootId;

const isEnding = (expiresAt: number | null | undefined, now: number): boolean =>
  typeof expiresAt === "number" && expiresAt - now < certificateWarningMs;
