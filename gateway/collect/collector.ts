import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import { matchAdvertisement } from "../../device-drivers/catalogue.ts";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Random } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { collectErrors } from "./collect-error.ts";
import { DeviceSchedule, type VisitOutcome } from "./device-schedule.ts";
import { visitDevice, type SessionComponents, type VisitResult } from "./device-session.ts";

export interface CollectorComponents extends Omit<SessionComponents, "onStart"> {
  readonly random: Random;
  readonly log: Log;
}

/** How often the work is looked at when nothing is heard. */
const idleMs = 1_000;
/** How often a store that took no more is asked whether it does again. */
const refusedStoreMs = 5_000;
const radioRetryMs = 250;
const radioRetryMsMax = 10_000;

/**
 * Collects from the devices that are near, one session at a time, for as long as it runs. What goes wrong with one
 * device ends its session only. While the store takes no more, nothing is asked of any device, which keeps what it has.
 */
export class Collector {
  readonly #with: CollectorComponents;
  readonly #schedule: DeviceSchedule;
  #heardSomething: (() => void) | null = null;
  #radioIsUp = false;

  constructor(components: CollectorComponents) {
    this.#with = components;
    this.#schedule = new DeviceSchedule(components.clock, components.random, components.options);
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
    }
  }

  /** Visits every device that is near as soon as it is its turn, whatever it waits for. */
  hurry(): void {
    this.#schedule.hurry();
    this.#heardSomething?.();
  }

  async #hear(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const advertisement of this.#with.radio.advertisements(signal)) {
          failures = 0;
          this.#heard(advertisement);
        }
      } catch (error) {
        if (!gattErrors.is(error)) throw error;
        this.#radioTurned(false, error);
        failures += 1;
        const ceilingMs = Math.min(radioRetryMsMax, radioRetryMs * 2 ** Math.min(failures, 16));
        await this.#pause(this.#with.random() * ceilingMs, signal);
      }
    }
  }

  #heard(advertisement: Advertisement): void {
    this.#radioTurned(true, null);
    const driver = matchAdvertisement(advertisement);
    if (driver === null) return;
    const { name, rssiDbm } = advertisement;
    const isNew = this.#schedule.heard(advertisement);
    if (isNew) this.#with.onEvent({ type: "device-seen", driver: driver.name, name, rssiDbm });
    this.#heardSomething?.();
  }

  #radioTurned(isUp: boolean, failure: CarepostError | null): void {
    if (this.#radioIsUp === isUp) return;
    this.#radioIsUp = isUp;
    this.#with.onEvent({ type: "radio", state: isUp ? "up" : "down" });
    if (isUp) this.#with.log.info("radio-up");
    else this.#with.log.warn("radio-down", { code: failure?.code ?? null });
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#schedule.next();
      if (next === null) {
        await this.#idle(signal);
        continue;
      }
      const result = await this.#visit(next, signal);
      if (signal.aborted) return;
      this.#schedule.visited(next.address, outcomeOf(result));
      if (sqliteErrors.is(result.failure)) await this.#storeFailed(result.failure, signal);
    }
  }

  async #visit(advertisement: Advertisement, signal: AbortSignal): Promise<VisitResult> {
    const { clock, options, onEvent } = this.#with;
    const startedMs = clock.monotonicMs();
    const over = new AbortController();
    const limited = AbortSignal.any([signal, over.signal]);
    clock.sleep(options.sessionMsMax, limited).then(
      () => over.abort(collectErrors.make("session-too-long", `the session took over ${options.sessionMsMax} ms`)),
      () => undefined,
    );
    const { name } = advertisement;
    let driver = matchAdvertisement(advertisement)?.name ?? "none";
    const onStart = (chosen: string): void => {
      driver = chosen;
      onEvent({ type: "session-started", driver, name });
    };
    const result = await visitDevice({ ...this.#with, onStart }, { advertisement, link: null }, limited);
    over.abort();
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    if (signal.aborted) this.#with.log.info("session-interrupted", { driver, durationMs, ...result.tally });
    else this.#tell(result, { driver, durationMs });
    return result;
  }

  #tell({ type, deviceId, tally, failure }: VisitResult, visit: { driver: string; durationMs: number }): void {
    const { log, onEvent } = this.#with;
    if (type === "not-ours" || type === "unsupported") {
      log.info(`device-${type}`, visit);
      return;
    }
    // It fell asleep after it was heard, as devices do all day.
    if (gattErrors.is(failure, "device-absent")) {
      log.debug("device-asleep", visit);
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
    do await this.#pause(refusedStoreMs, signal);
    while (!signal.aborted && (await store.counts()).alarm !== null);
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
    await this.#pause(idleMs, woken.signal);
    this.#heardSomething = null;
    signal.removeEventListener("abort", wake);
  }

  /** Ends early, without an error, when the signal is aborted. */
  async #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#with.clock.sleep(durationMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

function outcomeOf({ type, tally, failure }: VisitResult): VisitOutcome {
  if (gattErrors.is(failure, "device-absent")) return "absent";
  if (type === "failed") return "failed";
  if (type !== "collected") return "not-ours";
  return tally.stored + tally.amended > 0 ? "found-new" : "found-nothing";
}
