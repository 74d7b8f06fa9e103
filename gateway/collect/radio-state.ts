import type { Log } from "../../device-drivers/ports/log.ts";
import type { GatewayListener } from "../gateway-event.ts";
import type { ManagedRadio } from "../radio/managed-radio.ts";
import type { RepairStep } from "./repair-ladder.ts";
import type { RadioTrouble } from "./radio-watch.ts";

/** `silent`: it listens, hears nothing, and no repair changed that. It may be an empty home. */
export type RadioCondition = "starting" | "up" | "silent" | "down";

/** A radio's adapter as logs and events may name it: an address is never told. */
export const adapterName = ({ adapter }: Pick<ManagedRadio, "adapter">): string =>
  adapter.includes(":") ? "by-address" : adapter;

/** How the radio fares, for whoever asks. */
export interface RadioState {
  readonly kind: ManagedRadio["kind"];
  /** The adapter in use, as its stack names it. */
  readonly adapter: string;
  readonly condition: RadioCondition;
  readonly trouble: RadioTrouble | null;
  /** For how long nothing was heard while it listened. */
  readonly silentMs: number;
  readonly repairs: Readonly<Record<RepairStep, StepCount>>;
  readonly adapters: readonly { readonly adapter: string; readonly trouble: RadioTrouble | null }[];
}

/** Since the program started. */
export interface StepCount {
  readonly taken: number;
  /** After how many of them something was heard again. */
  readonly mended: number;
}

export interface RadioReportPorts {
  readonly log: Log;
  readonly onEvent: GatewayListener;
  /** The condition is another than before. */
  readonly onChange: () => void;
}

/** `mended`: heard again. `no-use`: done, and nothing was heard. `failed`: could not be done. */
export type StepOutcome = "mended" | "no-use" | "failed";

export interface StepReport {
  readonly step: RepairStep;
  readonly trouble: RadioTrouble;
  readonly adapter: string;
  readonly outcome: StepOutcome;
  readonly durationMs: number;
  /** Why it could not be done. */
  readonly code: string | null;
}

/** Tells log, live view and state how the radio fares, and counts what was done about it. */
export class RadioReport {
  readonly #ports: RadioReportPorts;
  readonly #counts: Record<RepairStep, { taken: number; mended: number }> = {
    "restart-scan": { taken: 0, mended: 0 },
    "power-cycle": { taken: 0, mended: 0 },
    "restart-daemon": { taken: 0, mended: 0 },
    "switch-adapter": { taken: 0, mended: 0 },
  };
  #condition: RadioCondition = "starting";

  constructor(ports: RadioReportPorts) {
    this.#ports = ports;
  }

  get condition(): RadioCondition {
    return this.#condition;
  }

  get counts(): RadioState["repairs"] {
    return structuredClone(this.#counts);
  }

  turned(condition: "up" | "silent" | "down", adapter: string, code: string | null): void {
    if (this.#condition === condition) return;
    this.#condition = condition;
    const { log, onEvent, onChange } = this.#ports;
    if (condition === "up") log.info("radio-up", { adapter });
    else log.warn(`radio-${condition}`, { adapter, code });
    onEvent({ type: "radio", state: condition, adapter });
    onChange();
  }

  step(report: StepReport): void {
    const { step, trouble, adapter, outcome, durationMs, code } = report;
    this.#counts[step].taken += 1;
    if (outcome === "mended") this.#counts[step].mended += 1;
    const { log, onEvent } = this.#ports;
    log.warn("radio-repair", { step, trouble, adapter, outcome, durationMs, ...(code === null ? {} : { code }) });
    onEvent({ type: "radio-repair", step, trouble, adapter, outcome });
  }

  /** A climb brought nothing; the next one is so far off. The first is for the operator to see. */
  climbed(climbs: number, { adapter, delayMs }: { readonly adapter: string; readonly delayMs: number }): void {
    const { log } = this.#ports;
    if (climbs === 1) log.error("radio-not-mended", { adapter, attempt: climbs, delayMs });
    else log.warn("radio-not-mended", { adapter, attempt: climbs, delayMs });
  }

  /** No more repairs may be made in this hour. */
  spent(adapter: string): void {
    this.#ports.log.error("radio-repairs-spent", { adapter });
  }

  switched(adapter: string, why: "fallback" | "return"): void {
    this.#ports.log.warn("radio-adapter-switched", { adapter, reason: why });
    this.#ports.onEvent({ type: "radio-adapter", adapter, why });
    this.#ports.onChange();
  }
}
