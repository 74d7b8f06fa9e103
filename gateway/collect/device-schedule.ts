import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { CollectOptions } from "./collect-options.ts";

export type ScheduleOptions = Pick<
  CollectOptions,
  "presenceMs" | "revisitMs" | "revisitMsMax" | "retryMs" | "retryMsMax"
>;

/** What came of a visit. `absent`: it had gone to sleep, or out of range, before it could be connected to. */
export type VisitOutcome = "found-new" | "found-nothing" | "failed" | "absent" | "not-ours";

interface Entry {
  advertisement: Advertisement;
  heardMs: number;
  dueMs: number;
  /** When it was last visited; -1 if it never was. */
  visitedMs: number;
  failures: number;
  emptyVisits: number;
  isOurs: boolean;
}

/** More devices than any room has; beyond it, the one that was heard least recently is forgotten. */
const devicesMax = 1_024;
const notOursMs = 3_600_000;

/**
 * Who is near, and who is next. Devices take turns: of those that are due, the one that was visited longest ago. A device
 * that was silent and is heard again has something to show, so it is due at once. One that failed waits longer each
 * time, by chance, so that it neither hammers a weak device nor keeps the others waiting.
 */
export class DeviceSchedule {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: ScheduleOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, random: Random, options: ScheduleOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Returns whether the device has just come near. */
  heard(advertisement: Advertisement): boolean {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(advertisement.address);
    if (entry === undefined) {
      this.#admit(advertisement, nowMs);
      return true;
    }
    const wasAway = nowMs - entry.heardMs > this.#options.presenceMs;
    const mayCome = entry.isOurs && entry.failures === 0 && entry.heardMs !== -Infinity;
    if (wasAway && mayCome) entry.dueMs = nowMs;
    entry.advertisement = advertisement;
    entry.heardMs = nowMs;
    return wasAway;
  }

  /** The device to visit now; null if none is near and due. */
  next(): Advertisement | null {
    const nowMs = this.#clock.monotonicMs();
    let chosen: Entry | null = null;
    for (const entry of this.#entries.values()) {
      const isNear = nowMs - entry.heardMs <= this.#options.presenceMs;
      const isFirst = chosen === null || entry.visitedMs < chosen.visitedMs;
      if (isNear && entry.dueMs <= nowMs && isFirst) chosen = entry;
    }
    return chosen?.advertisement ?? null;
  }

  visited(address: string, outcome: VisitOutcome): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    entry.visitedMs = nowMs;
    entry.isOurs = outcome !== "not-ours";
    if (outcome === "absent") entry.heardMs = -Infinity;
    else entry.failures = outcome === "failed" ? entry.failures + 1 : 0;
    entry.emptyVisits = outcome === "found-nothing" ? entry.emptyVisits + 1 : 0;
    entry.dueMs = nowMs + this.#pauseMs(outcome, entry);
  }

  /** Makes every device that is near due now, whatever it waits for. */
  hurry(): void {
    for (const entry of this.#entries.values()) entry.dueMs = this.#clock.monotonicMs();
  }

  /** Full jitter for failures: a random wait below a ceiling that doubles. */
  #pauseMs(outcome: VisitOutcome, { failures, emptyVisits }: Entry): number {
    const { revisitMs, revisitMsMax, retryMs, retryMsMax } = this.#options;
    if (outcome === "not-ours") return notOursMs;
    if (outcome === "absent") return retryMs;
    if (outcome === "failed") return this.#random() * Math.min(retryMsMax, retryMs * 2 ** Math.min(failures, 30));
    return Math.min(revisitMsMax, revisitMs * 2 ** Math.min(emptyVisits, 30));
  }

  #admit(advertisement: Advertisement, nowMs: number): void {
    if (this.#entries.size >= devicesMax) this.#forgetStalest();
    this.#entries.set(advertisement.address, {
      advertisement,
      heardMs: nowMs,
      dueMs: nowMs,
      visitedMs: -1,
      failures: 0,
      emptyVisits: 0,
      isOurs: true,
    });
  }

  #forgetStalest(): void {
    let stalest: Entry | null = null;
    for (const entry of this.#entries.values()) {
      if (stalest === null || entry.heardMs < stalest.heardMs) stalest = entry;
    }
    if (stalest !== null) this.#entries.delete(stalest.advertisement.address);
  }
}
