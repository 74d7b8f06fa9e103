import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { RadioRepairs } from "./radio-repairs.ts";
import { adapterName, type RadioReport } from "./radio-state.ts";
import type { RadioTrouble, RadioWatch } from "./radio-watch.ts";
import type { SupervisionOptions } from "./supervision-options.ts";

export interface AdapterChoiceComponents {
  readonly clock: Clock;
  readonly options: SupervisionOptions;
  readonly report: RadioReport;
  readonly watches: readonly RadioWatch[];
  readonly repairs: RadioRepairs;
}

/** An adapter that was pulled out and is back, and had not failed soon after the last return, is tried after so long. */
const backMs = 60_000;

/**
 * Which of several adapters is used. The first is the one that devices are bonded with, so another is used only while the
 * first hears nothing, and the first is tried again after a while: ever later, if it does not last.
 */
export class AdapterChoice {
  readonly #with: AdapterChoiceComponents;
  readonly #first: RadioWatch;
  #active: RadioWatch;
  #returnMs: number;
  #returnAtMs = Infinity;
  #returnedMs = -Infinity;
  #wasGone = false;

  /** @throws RangeError if there is no adapter to choose */
  constructor(components: AdapterChoiceComponents) {
    const [first] = components.watches;
    if (first === undefined) throw new RangeError("there is no radio to choose");
    this.#with = components;
    this.#first = first;
    this.#active = first;
    this.#returnMs = components.options.returnMs;
  }

  get active(): RadioWatch {
    return this.#active;
  }

  get all(): readonly RadioWatch[] {
    return this.#with.watches;
  }

  /** Uses another adapter, if there is one that hears. Resolves with whether it does. */
  async fallBack(trouble: RadioTrouble, signal: AbortSignal): Promise<boolean> {
    const left = this.#active;
    for (const other of this.all.filter((watch) => watch !== left && !watch.isGone)) {
      if (!this.#with.repairs.spend()) return false;
      if (await this.#tryOther(other, trouble, signal)) {
        left.rest();
        this.#planReturn(left);
        return true;
      }
      other.rest();
    }
    return false;
  }

  /** Goes back to the first adapter when it is time, and if it hears. */
  async considerReturn(signal: AbortSignal): Promise<void> {
    if (this.#active === this.#first) return;
    const nowMs = this.#with.clock.monotonicMs();
    const isBack = this.#wasGone && !this.#first.isGone;
    this.#wasGone = this.#first.isGone;
    if (isBack && this.#returnMs <= this.#with.options.returnMs) {
      this.#returnAtMs = Math.min(this.#returnAtMs, nowMs + backMs);
    }
    if (this.#first.isGone || nowMs < this.#returnAtMs) return;
    if (await this.#firstHears(signal)) this.#return();
    else if (!signal.aborted) this.#returnLater();
  }

  async #tryOther(other: RadioWatch, trouble: RadioTrouble, signal: AbortSignal): Promise<boolean> {
    const { clock, repairs, report } = this.#with;
    const startedMs = clock.monotonicMs();
    other.listen();
    const isMended = await repairs.isHeard(other, { trouble, signal });
    if (signal.aborted) return false;
    const adapter = adapterName(other.radio);
    const durationMs = Math.round(clock.monotonicMs() - startedMs);
    const outcome = isMended ? "mended" : "no-use";
    report.step({ step: "switch-adapter", trouble, adapter, outcome, durationMs, code: null });
    if (isMended) this.#use(other, "fallback");
    return isMended;
  }

  /** The other goes on hearing meanwhile, so that nothing is missed. */
  async #firstHears(signal: AbortSignal): Promise<boolean> {
    const { repairs } = this.#with;
    const first = this.#first;
    first.listen();
    if (await repairs.isHeard(first, { trouble: "silent", signal })) return true;
    const mayRepair = first.radio.rungs.includes("power-cycle") && !first.links.isMoving && !first.isGone;
    if (signal.aborted || !mayRepair || this.#active.trouble !== null) return false;
    return await repairs.take(first, { step: "power-cycle", trouble: "silent", signal });
  }

  #return(): void {
    this.#active.rest();
    this.#use(this.#first, "return");
    this.#returnedMs = this.#with.clock.monotonicMs();
  }

  #returnLater(): void {
    this.#first.rest();
    this.#returnMs = Math.min(this.#with.options.returnMsMax, this.#returnMs * 2);
    this.#returnAtMs = this.#with.clock.monotonicMs() + this.#returnMs;
  }

  /** The first was left: if it did not last since the last return, it gets more time. */
  #planReturn(left: RadioWatch): void {
    if (left !== this.#first) return;
    const { options, clock } = this.#with;
    const nowMs = clock.monotonicMs();
    const hasRelapsed = nowMs - this.#returnedMs < options.steadyMs;
    this.#returnMs = hasRelapsed ? Math.min(options.returnMsMax, this.#returnMs * 2) : options.returnMs;
    this.#returnAtMs = nowMs + this.#returnMs;
    this.#wasGone = this.#first.isGone;
  }

  #use(watch: RadioWatch, why: "fallback" | "return"): void {
    this.#active = watch;
    this.#with.report.switched(adapterName(watch.radio), why);
  }
}
