import type { RepairRung } from "../radio/managed-radio.ts";
import type { RadioTrouble } from "./radio-watch.ts";

/** What may be done about a radio in trouble. `switch-adapter` leaves it for another. */
export type RepairStep = RepairRung | "switch-adapter";

export const repairSteps = [
  "restart-scan",
  "power-cycle",
  "restart-daemon",
  "switch-adapter",
] as const satisfies readonly RepairStep[];

/**
 * The steps to try, in their order: from the gentlest to the hardest where nobody knows what is wrong; first of all
 * another adapter where this one was pulled out, and the daemon where that is what ended.
 */
export function ladderFor(trouble: RadioTrouble, place: LadderPlace): readonly RepairStep[] {
  const possible = laddersOf[trouble].filter((step) =>
    step === "switch-adapter" ? place.hasOther : place.rungs.includes(step),
  );
  const from = place.mendedLast === null ? -1 : possible.indexOf(place.mendedLast);
  return from > 0 ? possible.slice(from) : possible;
}

export interface LadderPlace {
  /** What the radio offers. */
  readonly rungs: readonly RepairRung[];
  /** Is there another adapter? */
  readonly hasOther: boolean;
  /** What mended it not long ago: what did not help then is not tried again. */
  readonly mendedLast: RepairStep | null;
}

const laddersOf: Readonly<Record<RadioTrouble, readonly RepairStep[]>> = {
  silent: repairSteps,
  unheard: ["power-cycle", "restart-daemon", "switch-adapter"],
  "adapter-gone": ["switch-adapter", "restart-daemon"],
  "daemon-gone": ["restart-daemon", "switch-adapter"],
};
