import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { withinTime } from "../../device-drivers/kit/guarded-link.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { RepairRung } from "../radio/managed-radio.ts";
import { pause } from "./pause.ts";
import { adapterName, type RadioReport, type StepOutcome } from "./radio-state.ts";
import type { RadioTrouble, RadioWatch } from "./radio-watch.ts";
import { RepairBudget } from "./repair-budget.ts";
import type { RepairStep } from "./repair-ladder.ts";
import type { SupervisionOptions } from "./supervision-options.ts";

export interface RepairComponents {
  readonly clock: Clock;
  readonly options: SupervisionOptions;
  readonly report: RadioReport;
  readonly watches: readonly RadioWatch[];
}

/** One step that is to be taken, and why. */
export interface StepRequest<Step extends RepairStep = RepairStep> {
  readonly step: Step;
  readonly trouble: RadioTrouble;
  readonly signal: AbortSignal;
}

/** How often it is looked whether something was heard, or has come to rest. */
const lookMs = 1_000;

/** Takes the steps of a ladder: none while a session moves, no more than so many an hour, and each within its time. */
export class RadioRepairs {
  readonly #with: RepairComponents;
  readonly #budget: RepairBudget;
  readonly #underWay = new Map<RadioWatch, Promise<void>>();

  constructor(components: RepairComponents) {
    this.#with = components;
    this.#budget = new RepairBudget(components.clock, components.options.repairsPerHourMax);
  }

  /** Resolves when no repair of this radio is under way. Never rejects. */
  async untilRepaired(watch: RadioWatch): Promise<void> {
    await this.#underWay.get(watch);
  }

  /** May a whole ladder of so many steps be climbed in this hour, or as much of it as an hour allows? */
  hasRoomFor(steps: number): boolean {
    return this.#budget.left >= Math.min(steps, this.#with.options.repairsPerHourMax);
  }

  /** Takes one of the hour's repairs. False if they are spent. */
  spend(): boolean {
    return this.#budget.take();
  }

  /** Waits while a session that the step would cut is under way and moves, unless something is heard meanwhile. */
  async untilStill(watch: RadioWatch, { step, trouble, signal }: StepRequest): Promise<void> {
    if (step === "switch-adapter") return;
    const endangered = step === "restart-daemon" ? this.#with.watches : [watch];
    // The daemon, or the adapter, has taken its sessions with it.
    const isDead = (each: RadioWatch): boolean =>
      trouble === "daemon-gone" || (trouble === "adapter-gone" && each === watch);
    const isInUse = (): boolean => endangered.some((each) => each.links.isMoving && !isDead(each));
    const startedMs = this.#with.clock.monotonicMs();
    while (!signal.aborted && isInUse() && watch.heardMs < startedMs) await this.#pause(signal);
  }

  /** Resolves with whether something was heard afterwards; false also if it could not be done, or may not be. */
  async take(watch: RadioWatch, { step, trouble, signal }: StepRequest<RepairRung>): Promise<boolean> {
    const { clock, report } = this.#with;
    if (!this.spend()) return false;
    const startedMs = clock.monotonicMs();
    const code = await this.#repair(watch, step, signal);
    const isMended = code === null && (await this.isHeard(watch, { trouble, signal }));
    if (signal.aborted) return false;
    const outcome: StepOutcome = isMended ? "mended" : code === null ? "no-use" : "failed";
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    report.step({ step, trouble, adapter: adapterName(watch.radio), outcome, durationMs, code });
    return isMended;
  }

  /**
   * Waits until a radio hears something, for as long as a repair is watched. After a trouble that is not silence, it is
   * enough that the radio listens without a fault.
   */
  async isHeard(
    watch: RadioWatch,
    { trouble, signal }: { readonly trouble: RadioTrouble; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { clock, options } = this.#with;
    const startedMs = clock.monotonicMs();
    const isWell = (): boolean => watch.heardMs >= startedMs || (trouble !== "silent" && watch.isSettled);
    while (!signal.aborted && !isWell() && clock.monotonicMs() - startedMs < options.verifyMs)
      await this.#pause(signal);
    return isWell();
  }

  /** Resolves with the code of why it could not be done; null if it was. */
  async #repair(watch: RadioWatch, rung: RepairRung, signal: AbortSignal): Promise<string | null> {
    const { clock, options } = this.#with;
    const limit = { clock, limitMs: options.repairMsMax[rung], signal };
    const over = Promise.withResolvers<void>();
    this.#underWay.set(watch, over.promise);
    try {
      await watch.aside(() => withinTime(limit, (bounded) => watch.radio.repair(rung, bounded)));
      return null;
    } catch (error) {
      if (signal.aborted) return "stopped";
      if (error instanceof CarepostError) return error.code;
      throw error;
    } finally {
      this.#underWay.delete(watch);
      over.resolve();
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await pause(this.#with.clock, lookMs, signal);
  }
}
