import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import type { CollectOptions } from "./collect-options.ts";

export type ScheduleOptions = Pick<
  CollectOptions,
  "presenceMs" | "revisitMs" | "revisitMsMax" | "retryMs" | "retryMsMax"
>;

/**
 * What came of a visit. `absent`: it had gone to sleep, or out of range, before it could be connected to. `gave-way`: it
 * had not answered yet when another was there. `untold`: it is a stranger that did not tell who it is.
 */
export type VisitOutcome = "found-new" | "found-nothing" | "failed" | "absent" | "gave-way" | "not-ours" | "untold";

interface Entry {
  advertisement: Advertisement;
  heardMs: number;
  dueMs: number;
  /** When it was last visited; -1 if it never was. */
  visitedMs: number;
  failures: number;
  /** How often in a row it had gone when it was to be connected to. */
  absences: number;
  emptyVisits: number;
  isOurs: boolean;
  /** It was read before, now or by an earlier run. */
  isKnown: boolean;
}

/** More devices than any room has; beyond it, the stranger that was heard least recently is forgotten. */
const devicesMax = 1_024;
const notOursMs = 3_600_000;
/** So often a stranger is asked who it is before it counts as none of ours: once, the link may have been lost by chance. */
const untoldMax = 3;

/**
 * Who is near, and who is next. Devices take turns: of those that are due, the one that was visited longest ago, and
 * known ones in turn with strangers, so that a room full of strangers keeps none of ours waiting. A device that was
 * silent and is heard again has something to show, so it is due at once. One that failed, or that had gone again and
 * again when it was called, waits longer each time, by chance, so that it neither hammers a weak device nor keeps the
 * others waiting.
 */
export class DeviceSchedule {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: ScheduleOptions;
  /** In the order in which they were heard last. */
  readonly #entries = new Map<string, Entry>();
  readonly #known = new Set<string>();
  #wasKnown = false;

  constructor(clock: Clock, random: Random, options: ScheduleOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#options = options;
  }

  /** Devices of these addresses were read before. */
  know(addresses: Iterable<string>): void {
    for (const address of addresses) this.#known.add(address);
    for (const [address, entry] of this.#entries) entry.isKnown ||= this.#known.has(address);
  }

  isKnown(address: string): boolean {
    return this.#entries.get(address)?.isKnown ?? this.#known.has(address);
  }

  /** Is it near, and its turn as soon as nobody else's is? */
  isDue(address: string): boolean {
    const entry = this.#entries.get(address);
    return entry !== undefined && this.#isDue(entry, this.#clock.monotonicMs());
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
    this.#entries.delete(advertisement.address);
    this.#entries.set(advertisement.address, entry);
    return wasAway;
  }

  /** The device to visit now; null if none is near and due, was heard since then, and is not `taken`. */
  next(taken: (address: string) => boolean = () => false, heardSinceMs = -Infinity): Advertisement | null {
    const nowMs = this.#clock.monotonicMs();
    const first: { known: Entry | null; stranger: Entry | null } = { known: null, stranger: null };
    for (const [address, entry] of this.#entries) {
      const side = entry.isKnown ? "known" : "stranger";
      const best = first[side];
      const isFirst = best === null || entry.visitedMs < best.visitedMs;
      const isThere = this.#isDue(entry, nowMs) && entry.heardMs >= heardSinceMs;
      if (isFirst && isThere && !taken(address)) first[side] = entry;
    }
    const chosen = this.#wasKnown ? (first.stranger ?? first.known) : (first.known ?? first.stranger);
    return chosen?.advertisement ?? null;
  }

  /** Returns what it was taken for: a stranger that never tells who it is becomes `not-ours`. */
  visited(address: string, came: VisitOutcome): VisitOutcome {
    const entry = this.#entries.get(address);
    if (entry === undefined) return came;
    const outcome = came === "untold" && entry.failures + 1 >= untoldMax ? "not-ours" : came;
    const nowMs = this.#clock.monotonicMs();
    entry.visitedMs = nowMs;
    if (outcome === "gave-way") {
      // Nobody knows whether it has gone: it is due as soon as it is heard, and was not away.
      entry.heardMs = -Infinity;
      entry.dueMs = nowMs;
      return outcome;
    }
    entry.isOurs = outcome !== "not-ours";
    entry.isKnown ||= outcome === "found-new" || outcome === "found-nothing";
    this.#wasKnown = entry.isKnown;
    entry.absences = outcome === "absent" ? entry.absences + 1 : 0;
    if (outcome === "absent") entry.heardMs = -Infinity;
    else entry.failures = came === "failed" || came === "untold" ? entry.failures + 1 : 0;
    entry.emptyVisits = outcome === "found-nothing" ? entry.emptyVisits + 1 : 0;
    entry.dueMs = nowMs + this.#pauseMs(outcome, entry);
    return outcome;
  }

  /** It has just become ours: it is due as soon as it is heard, whatever it was taken for. */
  expect(address: string): void {
    this.#known.add(address);
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    const nowMs = this.#clock.monotonicMs();
    Object.assign(entry, { isKnown: true, isOurs: true, failures: 0, absences: 0, dueMs: nowMs });
  }

  /** Makes every device that is near due now, whatever it waits for. */
  hurry(): void {
    for (const entry of this.#entries.values()) entry.dueMs = this.#clock.monotonicMs();
  }

  #pauseMs(outcome: Exclude<VisitOutcome, "gave-way">, { failures, absences, emptyVisits }: Entry): number {
    const { revisitMs, revisitMsMax, retryMs } = this.#options;
    if (outcome === "not-ours") return notOursMs;
    if (outcome === "absent") return absences === 1 ? retryMs : Math.max(retryMs, this.#backOffMs(absences));
    if (outcome === "failed" || outcome === "untold") return this.#backOffMs(failures);
    return Math.min(revisitMsMax, revisitMs * 2 ** Math.min(emptyVisits, 30));
  }

  /** Full jitter: a random wait below a ceiling that doubles. */
  #backOffMs(times: number): number {
    const { retryMs, retryMsMax } = this.#options;
    return this.#random() * Math.min(retryMsMax, retryMs * 2 ** Math.min(times, 30));
  }

  #isDue({ heardMs, dueMs }: Entry, nowMs: number): boolean {
    return dueMs <= nowMs && nowMs - heardMs <= this.#options.presenceMs;
  }

  #admit(advertisement: Advertisement, nowMs: number): void {
    if (this.#entries.size >= devicesMax) this.#forgetStalest();
    this.#entries.set(advertisement.address, {
      advertisement,
      heardMs: nowMs,
      dueMs: nowMs,
      visitedMs: -1,
      failures: 0,
      absences: 0,
      emptyVisits: 0,
      isOurs: true,
      isKnown: this.#known.has(advertisement.address),
    });
  }

  #forgetStalest(): void {
    const [stalest] = this.#entries.keys();
    const stranger = this.#entries.entries().find(([, { isKnown }]) => !isKnown)?.[0] ?? stalest;
    if (stranger !== undefined) this.#entries.delete(stranger);
  }
}
