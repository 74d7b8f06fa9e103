import type { Clock } from "../../device-drivers/ports/clock.ts";

/** What speaks for the gateway's clock. */
export interface ClockEvidence {
  /**
   * A mark that changes whenever the machine's time service has set or confirmed the clock; null while it never has.
   * With systemd it is the time of change of `/run/systemd/timesync/synchronized`.
   */
  synchronisation(): string | null;
  /** The operator says that something sets this machine's clock, before Carepost starts. */
  readonly assumeSynchronised: boolean;
  /** No true time lies before it: when this program was made, and the last trusted time that the store has seen. */
  readonly floorAt: number;
  /** What an earlier run of the program trusted in the same boot; null if there was none. */
  readonly earlier: TrustedEpoch | null;
}

/** A trusted relation of the two clocks, to be kept for the next run in the same boot. */
export interface TrustedEpoch {
  /** Wall-clock time less monotonic time. */
  readonly epochAt: number;
  readonly mark: string | null;
}

export type ClockState = "trusted" | "untrusted";

/** Why the clock has the state that it has: also a word for the log. */
export type ClockReason =
  | "synchronised"
  | "assumed"
  | "server-time"
  | "returned"
  | "never-synchronised"
  | "before-floor"
  | "jumped";

export interface ClockChange {
  readonly state: ClockState;
  readonly reason: ClockReason;
  /** By how much the wall clock left the monotonic one; 0 if it did not. */
  readonly jumpMs: number;
}

/** The wall clock and the monotonic clock may part by this much between two looks: slewing, and reading one by one. */
const jumpToleranceMs = 2_000;
/** A server's time on a receipt is old by the time that the receipt took. */
const serverToleranceMs = 60_000;
/** A clock that the operator vouches for is believed again when it has run on evenly for so long after a jump. */
const assumedSettleMs = 600_000;
/** A jump further than this is not believed on the operator's word: only a time service or a server can confirm it. */
const assumedJumpMsMax = 86_400_000;

/**
 * Is the gateway's clock to be trusted? It is, once there is evidence for it, until it jumps against the monotonic clock;
 * then it needs new evidence. Evidence is: the time service's mark, newer than the jump; a server's time that agrees;
 * the clock's return to where it was; or, for a jump of less than a day, the operator's word and ten quiet minutes.
 * The operator's word does not stand against the floor; a time service and a server do, because a floor can be wrong.
 */
export class ClockTrust {
  readonly #clock: Clock;
  readonly #evidence: ClockEvidence;
  readonly #onChange: (change: ClockChange) => void;
  #state: ClockState = "untrusted";
  #reason: ClockReason = "never-synchronised";
  #epochAt: number;
  #mark: string | null = null;
  /** The last epoch that was trusted; null before. */
  #trustedEpochAt: number | null = null;
  #jump: { readonly byMs: number; readonly monotonicMs: number } | null = null;

  /** `onChange` hears of every change of the state and of every jump, but not of the state at the start. */
  constructor(clock: Clock, evidence: ClockEvidence, onChange: (change: ClockChange) => void) {
    this.#clock = clock;
    this.#evidence = evidence;
    this.#onChange = onChange;
    this.#epochAt = evidence.earlier?.epochAt ?? this.#epochNow();
    this.#mark = evidence.earlier === null ? evidence.synchronisation() : evidence.earlier.mark;
    if (evidence.earlier !== null || this.#mark !== null) this.#settle("synchronised");
    else this.#settle(this.#assumption());
    this.look();
  }

  get state(): ClockState {
    return this.#state;
  }

  get reason(): ClockReason {
    return this.#reason;
  }

  /**
   * The wall-clock time, if it can be trusted at this very moment: it looks at the clock first, so that a jump since the
   * last look is not taken for time.
   */
  trustedNow(): number | null {
    this.look();
    return this.#state === "trusted" ? this.#clock.now() : null;
  }

  /**
   * The best guess at the time, for what a wrong guess does not harm: the trusted time, or what has passed since it was
   * last trusted, or the floor. It never runs ahead of what is known.
   */
  likelyNow(): number {
    const trustedAt = this.trustedNow();
    if (trustedAt !== null) return trustedAt;
    const { floorAt } = this.#evidence;
    return Math.floor(this.#trustedEpochAt === null ? floorAt : this.#trustedEpochAt + this.#clock.monotonicMs());
  }

  /** The relation of the clocks; null while it is not trusted. */
  trustedEpoch(): TrustedEpoch | null {
    this.look();
    return this.#state === "trusted" ? { epochAt: this.#epochAt, mark: this.#mark } : null;
  }

  /** Looks at the clocks and at the time service's mark. To be called every few seconds. */
  look(): void {
    const before = this.#state;
    const jumpMs = this.#takeEpoch();
    const isJump = Math.abs(jumpMs) > jumpToleranceMs;
    if (isJump) this.#jumped(jumpMs);
    const mark = this.#evidence.synchronisation();
    const isNewMark = mark !== null && mark !== this.#mark;
    this.#mark = mark;
    if (isNewMark) this.#settle("synchronised");
    else if (this.#state === "untrusted") this.#settle(this.#recovery());
    if (isJump || before !== this.#state) this.#tell(isJump ? jumpMs : 0);
  }

  /** A server that the gateway trusts has told its time. */
  hear(serverAt: number): void {
    this.look();
    if (this.#state === "trusted" || Math.abs(this.#clock.now() - serverAt) > serverToleranceMs) return;
    this.#settle("server-time");
    this.#tell(0);
  }

  #tell(jumpMs: number): void {
    this.#onChange({ state: this.#state, reason: this.#reason, jumpMs: Math.round(jumpMs) });
  }

  #jumped(byMs: number): void {
    const pendingMs = this.#jump?.byMs ?? 0;
    this.#jump = { byMs: byMs + pendingMs, monotonicMs: this.#clock.monotonicMs() };
    this.#state = "untrusted";
    this.#reason = "jumped";
  }

  /** Evidence other than a new mark, for a clock that is not trusted. */
  #recovery(): ClockReason {
    const jump = this.#jump;
    if (jump === null) return this.#assumption();
    const isBack = this.#trustedEpochAt !== null && Math.abs(this.#epochAt - this.#trustedEpochAt) <= jumpToleranceMs;
    if (isBack) return "returned";
    const quietMs = this.#clock.monotonicMs() - jump.monotonicMs;
    const isAssumable = Math.abs(jump.byMs) <= assumedJumpMsMax && quietMs >= assumedSettleMs;
    return isAssumable && this.#assumption() === "assumed" ? "assumed" : "jumped";
  }

  #assumption(): ClockReason {
    if (this.#clock.now() < this.#evidence.floorAt) return "before-floor";
    return this.#evidence.assumeSynchronised ? "assumed" : "never-synchronised";
  }

  #settle(reason: ClockReason): void {
    const isTrusted = reason !== "jumped" && reason !== "before-floor" && reason !== "never-synchronised";
    this.#state = isTrusted ? "trusted" : "untrusted";
    this.#reason = reason;
    if (!isTrusted) return;
    this.#trustedEpochAt = this.#epochAt;
    this.#jump = null;
  }

  /** Takes the clocks' present relation, and returns by how much it moved. Slewing moves it a little, all the time. */
  #takeEpoch(): number {
    const epochAt = this.#epochNow();
    const movedMs = epochAt - this.#epochAt;
    this.#epochAt = epochAt;
    if (this.#state === "trusted" && Math.abs(movedMs) <= jumpToleranceMs) this.#trustedEpochAt = epochAt;
    return movedMs;
  }

  #epochNow(): number {
    return this.#clock.now() - this.#clock.monotonicMs();
  }
}
