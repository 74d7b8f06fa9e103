import type { UplinkStatus } from "../../../cloud-sync/uplink/uplink-status.ts";
import type { LifeSources } from "../../../gateway/service/life-signs.ts";
import { servicePart } from "../../../gateway/service/service-part.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { gatewayMetricSources } from "../../doubles/metric-sources.ts";

/** A gateway whose parts move or stand still as the test says, and the manager's side of the conversation. */
export interface ServiceRig {
  readonly clock: VirtualClock;
  readonly log: KeptLog;
  readonly told: { readonly atMs: number; readonly assignments: readonly string[] }[];
  /** How the parts are; to be changed. */
  readonly state: {
    storeAnswers: "at once" | "never" | "with an error";
    collectorMoves: boolean;
    uplink: UplinkStatus;
    alarm: "quota" | "disk-full" | null;
    managerHears: boolean;
  };
  stop(): Promise<void>;
  /** When the last sign of life came, by the clock. */
  lastSignMs(): number | null;
  questions(): number;
}

export const sessionMsMax = 300_000;
export const watchdogMs = 120_000;

export const restingUplink: UplinkStatus = gatewayMetricSources().forwarder.status();

interface RigOptions {
  readonly watchdogMs?: number | null;
  /** How the parts are at the start. */
  readonly begins?: Partial<ServiceRig["state"]>;
}

export function startService(options: RigOptions = {}): ServiceRig {
  const clock = createVirtualClock(Date.UTC(2026, 10, 23));
  const log = keptLog();
  const told: { atMs: number; assignments: readonly string[] }[] = [];
  const state: ServiceRig["state"] = {
    storeAnswers: "at once",
    collectorMoves: true,
    uplink: restingUplink,
    alarm: null,
    managerHears: true,
    ...options.begins,
  };
  let questions = 0;
  let collectorMovedMs = 0;
  const healthy = gatewayMetricSources();
  const sources: LifeSources = {
    clock,
    store: {
      counts: async () => {
        questions += 1;
        if (state.storeAnswers === "with an error") throw new Error("the thread ended");
        if (state.storeAnswers === "never") await new Promise(() => undefined);
        return { ...(await healthy.store.counts()), alarm: state.alarm };
      },
    },
    collector: {
      get movedAtMs() {
        if (state.collectorMoves) collectorMovedMs = clock.monotonicMs();
        return collectorMovedMs;
      },
    },
    forwarder: { status: () => state.uplink },
    supervisor: { state: () => ({ ...healthy.supervisor.state(), condition: "up" }) },
  };
  const stopping = new AbortController();
  const manager = {
    watchdogMs: options.watchdogMs === undefined ? watchdogMs : options.watchdogMs,
    tell: async (assignments: readonly string[]) => {
      if (state.managerHears) told.push({ atMs: clock.monotonicMs(), assignments });
      return state.managerHears;
    },
  };
  const ended = servicePart({ manager, log, sessionMsMax })(sources).run(stopping.signal);
  return {
    clock,
    log,
    told,
    state,
    stop: () => {
      stopping.abort();
      return clock.runUntil(ended);
    },
    lastSignMs: () => told.findLast(({ assignments }) => assignments.includes("WATCHDOG=1"))?.atMs ?? null,
    questions: () => questions,
  };
}
