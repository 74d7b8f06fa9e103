import { onTestFinished } from "vitest";
import type { GatewayEvent } from "../../../gateway/gateway-event.ts";
import { superviseRadios, type RadioSupervisor } from "../../../gateway/collect/radio-supervisor.ts";
import { defaultSupervisionOptions, type SupervisionOptions } from "../../../gateway/collect/supervision-options.ts";
import type { ManagedRadio } from "../../../gateway/radio/managed-radio.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../../simulators/random.ts";
import { keptLog, type KeptLog } from "../../doubles/kept-log.ts";

export interface SupervisorRig {
  readonly clock: VirtualClock;
  readonly supervisor: RadioSupervisor;
  readonly events: readonly GatewayEvent[];
  readonly log: KeptLog;
  /** How many advertisements came through. */
  readonly heard: () => number;
  readonly stop: () => Promise<void>;
}

/** A supervisor that runs, and somebody who listens through it. */
export function superviseForTest(
  make: (clock: VirtualClock) => readonly ManagedRadio[],
  options: Partial<SupervisionOptions> = {},
  seed = 1,
): SupervisorRig {
  const clock = createVirtualClock(0);
  const events: GatewayEvent[] = [];
  const log = keptLog();
  const supervisor = superviseRadios(
    make(clock),
    { ...defaultSupervisionOptions, ...options },
    { clock, random: seededRandom(seed), log, onEvent: (event) => events.push(event), onChange: () => undefined },
  );
  const stopping = new AbortController();
  let count = 0;
  const listen = async (): Promise<void> => {
    for await (const _ of supervisor.radio.advertisements(stopping.signal)) count += 1;
  };
  const running = Promise.all([supervisor.run(stopping.signal), listen()]);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await clock.runUntil(running);
  };
  onTestFinished(stop);
  return { clock, supervisor, events, log, heard: () => count, stop };
}

/** How long until something is heard again, in steps of a second. */
export async function untilHeard({ clock, heard }: SupervisorRig, limitMs: number): Promise<number> {
  const before = heard();
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 1_000) {
    await clock.advance(1_000);
    if (heard() > before) return waitedMs + 1_000;
  }
  return Infinity;
}
