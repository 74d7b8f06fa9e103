import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import { matchAdvertisement } from "../../device-drivers/catalogue.ts";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Random } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { collectErrors } from "./collect-error.ts";
import { DeviceSchedule, type VisitOutcome } from "./device-schedule.ts";
import { visitDevice, type SessionComponents, type Visitee, type VisitResult } from "./device-session.ts";
import { EarlyLinks } from "./early-links.ts";
import { pause } from "./pause.ts";
import { noBonds } from "./session-bonds.ts";

export interface CollectorComponents extends Omit<SessionComponents, "onStart"> {
  readonly random: Random;
  readonly log: Log;
}

/** How often the work is looked at when nothing is heard. */
const idleMs = 1_000;
/** A device that is awake and near has mostly answered by then. */
const answerMs = 3_000;
/** How often a store that took no more is asked whether it does again. */
const refusedStoreMs = 5_000;
/** How many strangers are told of in a second: whoever floods the air does not flood those who watch. */
const strangersPerSecondMax = 20;

/**
 * Collects from the devices that are near, one session at a time, for as long as it runs; a device that comes near while
 * another is read is held awake until it is its turn. What goes wrong with one device ends its session only. While the
 * store takes no more, nothing is asked of any device, which keeps what it has.
 */
export class Collector {
  readonly #with: CollectorComponents;
  readonly #schedule: DeviceSchedule;
  readonly #early: EarlyLinks;
  #heardSomething: (() => void) | null = null;
  /** The address of the device that is being visited. */
  #visiting: string | null = null;
  /** To a device that may have gone. */
  #call: Call | null = null;
  /** So many visits in a row were to devices that were held awake. */
  #heldInRow = 0;
  #visitBeganMs = -Infinity;
  #movedAtMs: number;
  #strangers = { sinceMs: -Infinity, count: 0 };

  constructor(components: CollectorComponents) {
    this.#with = components;
    this.#movedAtMs = components.clock.monotonicMs();
    this.#schedule = new DeviceSchedule(components.clock, components.random, components.options);
    this.#early = new EarlyLinks({
      ...components,
      isTaken: (address) => (components.bonds ?? noBonds).isTaken(address),
      onOpen: () => {
        this.#heardSomething?.();
        this.#giveWay();
      },
      onGone: (address) => this.#schedule.visited(address, "absent"),
    });
  }

  /**
   * Resolves when the signal is aborted and the session that was under way has ended.
   * Rejects with what the store rejects with when it is broken rather than full.
   */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    const parts = [this.#hear(both), this.#work(both)];
    try {
      await Promise.all(parts);
    } finally {
      ended.abort();
      await Promise.allSettled(parts);
      await this.#early.close();
    }
  }

  /**
   * When it last began something: a visit, or another look at who is near. By the monotonic clock, in milliseconds. No
   * visit may take much longer than `sessionMsMax`, so one that moved longer ago hangs.
   */
  get movedAtMs(): number {
    return this.#movedAtMs;
  }

  /** Visits every device that is near as soon as it is its turn, whatever it waits for. */
  hurry(): void {
    this.#schedule.hurry();
    this.#heardSomething?.();
  }

  /** The device is about to be paired: ends a connection to it that waits for its turn. */
  async letGo(address: string): Promise<void> {
    await this.#early.letGo(address.toUpperCase());
  }

  /** The device was paired just now: it is visited as soon as it is heard. */
  expect(address: string): void {
    this.#schedule.expect(address.toUpperCase());
    this.#heardSomething?.();
  }

  async #hear(signal: AbortSignal): Promise<void> {
    for await (const advertisement of this.#with.radio.advertisements(signal)) this.#heard(advertisement);
  }

  #heard(advertisement: Advertisement): void {
    const driver = matchAdvertisement(advertisement);
    if (driver === null) return;
    const { address, name, rssiDbm } = advertisement;
    const isNew = this.#schedule.heard(advertisement);
    const isStranger = !this.#schedule.isKnown(address);
    if (isNew && (!isStranger || this.#mayTellOfStranger())) {
      this.#with.onEvent({ type: "device-seen", driver: driver.name, name, rssiDbm });
    }
    if (!this.#schedule.isDue(address)) return;
    if (this.#visiting === null) this.#heardSomething?.();
    else if (this.#visiting !== address) this.#early.open(advertisement, isStranger);
  }

  /** Who has not answered by now has probably gone, and whoever is held awake need not wait until that is certain. */
  #giveWay(): void {
    if (this.#call?.isOverdue !== true || !this.#early.isAnyOpen) return;
    this.#call.giveWay.abort(collectErrors.make("device-gave-way", "another device is there, and this did not answer"));
  }

  #mayTellOfStranger(): boolean {
    const nowMs = this.#with.clock.monotonicMs();
    if (nowMs - this.#strangers.sinceMs >= 1_000) this.#strangers = { sinceMs: nowMs, count: 0 };
    this.#strangers.count += 1;
    return this.#strangers.count <= strangersPerSecondMax;
  }

  async #work(signal: AbortSignal): Promise<void> {
    const known = await this.#with.store.devices();
    this.#schedule.know(known.map(({ address }) => address));
    while (!signal.aborted) {
      this.#movedAtMs = this.#with.clock.monotonicMs();
      const next = this.#next();
      if (next === null) {
        await this.#idle(signal);
        continue;
      }
      const { address } = next.advertisement;
      this.#visiting = address;
      this.#visitBeganMs = this.#with.clock.monotonicMs();
      const { result, ...visit } = await this.#visit(next, signal);
      this.#visiting = null;
      if (signal.aborted) return;
      this.#tell(result, this.#schedule.visited(address, outcomeOf(result)), visit);
      if (sqliteErrors.is(result.failure)) await this.#storeFailed(result.failure, signal);
    }
  }

  /**
   * Who is held awake goes first, but not for ever: devices that are due again as soon as they were read would be held
   * again and again, and one that finds no room among them would never be read. A round of them, and another has its turn;
   * one that was heard during the last visit, so that nobody who is held waits for one that has gone.
   */
  #next(): Visitee | null {
    const isRoundOver = this.#heldInRow >= Math.max(1, this.#with.options.earlyLinksMax);
    const another = isRoundOver ? this.#nextDue(this.#visitBeganMs) : null;
    this.#call = null;
    return another ?? this.#nextHeld() ?? this.#called(this.#nextDue(-Infinity));
  }

  /** It was heard a while ago, and may have gone since then. */
  #called(visitee: Visitee | null): Visitee | null {
    if (visitee === null) return null;
    const call = { giveWay: new AbortController(), isOverdue: false };
    this.#call = call;
    void this.#waitFor(call);
    return { ...visitee, giveWay: call.giveWay.signal };
  }

  async #waitFor(call: Call): Promise<void> {
    await pause(this.#with.clock, answerMs, call.giveWay.signal);
    call.isOverdue = true;
    if (this.#call === call) this.#giveWay();
  }

  #nextHeld(): Visitee | null {
    const held = this.#early.take();
    if (held !== null) this.#heldInRow += 1;
    return held;
  }

  #nextDue(heardSinceMs: number): Visitee | null {
    const advertisement = this.#schedule.next((address) => this.#early.has(address), heardSinceMs);
    if (advertisement === null) return null;
    this.#heldInRow = 0;
    return { advertisement, link: null };
  }

  async #visit(visitee: Visitee, signal: AbortSignal): Promise<Visited> {
    const { clock, options, onEvent } = this.#with;
    const startedMs = clock.monotonicMs();
    const over = new AbortController();
    const limited = AbortSignal.any([signal, over.signal]);
    clock.sleep(options.sessionMsMax, limited).then(
      () => over.abort(collectErrors.make("session-too-long", `the session took over ${options.sessionMsMax} ms`)),
      () => undefined,
    );
    const { name } = visitee.advertisement;
    let driver = matchAdvertisement(visitee.advertisement)?.name ?? "none";
    const onStart = (chosen: string): void => {
      driver = chosen;
      onEvent({ type: "session-started", driver, name });
    };
    const result = await visitDevice({ ...this.#with, onStart }, visitee, limited);
    over.abort();
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    if (signal.aborted) this.#with.log.info("session-interrupted", { driver, durationMs, ...result.tally });
    return { result, driver, durationMs };
  }

  #tell(
    { type, deviceId, tally, failure }: VisitResult,
    outcome: VisitOutcome,
    visit: { readonly driver: string; readonly durationMs: number },
  ): void {
    const { log, onEvent } = this.#with;
    if (type === "untold" && outcome === "untold") return log.debug("device-untold", visit);
    if (type === "untold") return log.info("device-not-ours", { ...visit, reason: "unpaired" });
    if (type === "not-ours" || type === "unsupported") return log.info(`device-${type}`, visit);
    // It fell asleep after it was heard, as devices do all day; or somebody pairs it, and it is told of when that is over.
    if (isAbsence(failure)) {
      log.debug("device-asleep", { ...visit, code: failure?.code ?? null });
      return;
    }
    const fields = { ...visit, ...tally };
    if (failure === null) log.info("session-ended", fields);
    else log.warn("session-failed", { ...fields, code: failure.code, recovery: failure.recovery });
    onEvent({ type: "session-ended", ...visit, deviceId, tally, failure: failure?.code ?? null });
  }

  /** A store that is full is waited for; one that is broken ends the program, which starts it anew. */
  async #storeFailed(failure: CarepostError, signal: AbortSignal): Promise<void> {
    if (failure.recovery === "stop" || failure.recovery === "rebuild") throw failure;
    if (sqliteErrors.is(failure, "disk-full", "quota-exceeded")) await this.#waitForRoom(failure, signal);
  }

  async #waitForRoom(failure: CarepostError, signal: AbortSignal): Promise<void> {
    const { store, log, onEvent } = this.#with;
    const alarm = (await store.counts()).alarm ?? failure.code;
    log.error("collecting-stopped", { alarm, code: failure.code });
    onEvent({ type: "alarm", alarm });
    do {
      this.#movedAtMs = this.#with.clock.monotonicMs();
      await pause(this.#with.clock, refusedStoreMs, signal);
    } while (!signal.aborted && (await store.counts()).alarm !== null);
    if (signal.aborted) return;
    log.info("collecting-resumed");
    onEvent({ type: "alarm", alarm: null });
    this.#schedule.hurry();
  }

  /** Until something is heard, or it is time to look at the clock. */
  async #idle(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    signal.addEventListener("abort", wake, { once: true });
    this.#heardSomething = wake;
    await pause(this.#with.clock, idleMs, woken.signal);
    this.#heardSomething = null;
    signal.removeEventListener("abort", wake);
  }
}

/**
 * It was not to be connected to: it sleeps, it has left, it gave way, somebody pairs it just now, or our own radio was
 * away. None of that is a session.
 */
const isAbsence = (failure: CarepostError | null): boolean =>
  gattErrors.is(failure, "device-absent", "connect-timeout", "adapter-absent") ||
  failure?.code === "device-being-paired" ||
  collectErrors.is(failure, "device-gave-way");

/** A connection that is being made to a device that was heard some time ago. */
interface Call {
  readonly giveWay: AbortController;
  isOverdue: boolean;
}

interface Visited {
  readonly result: VisitResult;
  /** The name of the driver. */
  readonly driver: string;
  readonly durationMs: number;
}

function outcomeOf({ type, tally, failure }: VisitResult): VisitOutcome {
  if (collectErrors.is(failure, "device-gave-way")) return "gave-way";
  if (isAbsence(failure)) return "absent";
  // That it wants a key is sometimes known, and sometimes to be guessed from links that end.
  if (type === "untold") return gattErrors.is(failure, "bond-lost") ? "not-ours" : "untold";
  if (type === "failed") return "failed";
  if (type !== "collected") return "not-ours";
  return tally.stored + tally.amended > 0 ? "found-new" : "found-nothing";
}
