import type { PageSources } from "../../page-sources.ts";
import type { Part } from "../../run-parts.ts";
import type { Facts } from "../../ops/findings/fill-text.ts";
import type { Examined } from "../../ops/doctor.ts";
import type { StaffCheck, StaffView } from "../contract/staff-view.ts";
import { kioskDevices } from "../kiosk-devices.ts";
import type { StaffDesk } from "../staff-desk.ts";
import type { VisitDesk } from "../visit-desk.ts";
import { alertsOf, verdictOf } from "./alerts.ts";
import { watchAuditHead } from "./audit-head-watch.ts";
import { watchAudit } from "./audit-watch.ts";
import { assignmentViews, nearDevices, staffDevices } from "./device-views.ts";
import { lookUp, type LookedUp } from "./gateway-condition.ts";
import { type GatewayWatch, watchGateway } from "./gateway-watch.ts";
import { heldReadingOf } from "./reading-view.ts";
import { StaffDeeds } from "./staff-deeds.ts";
import { staffErrors } from "./staff-error.ts";
import { ViewedReadings } from "./viewed-readings.ts";

export interface StaffDeskOptions {
  /** Null at a home hub, which leads nobody through a visit. */
  readonly visits: Pick<VisitDesk, "current"> | null;
  /** How large the store may grow; null where that is not known. */
  readonly quotaBytes: number | null;
  /** Runs the checks of `carepost doctor` beside the gateway, each told as it ends; null where they cannot be run. */
  readonly examine: ((signal: AbortSignal) => Promise<readonly Examined[]>) | null;
  /** Writes the support bundle. `near`: how many devices are in range, by the driver that reads them. */
  readonly bundle: (near: Readonly<Record<string, number>>, signal: AbortSignal) => Promise<string>;
}

/** The desk is open while `run` runs: before and after it, it hears no devices, and shows what is in the store. */
export type RunningStaffDesk = StaffDesk & Part;

/** How long the checks may take together. */
const doctorMsMax = 45_000;
const heldShownMax = 100;

export function createStaffDesk(sources: PageSources, options: StaffDeskOptions): RunningStaffDesk {
  const watch = watchGateway(sources);
  const deeds = new StaffDeeds(sources);
  const viewed = new ViewedReadings(sources.store);
  const desk: Desk = {
    sources,
    options,
    watch,
    auditFault: watchAudit(sources.store, sources.clock),
    headDeliveredAt: watchAuditHead(sources.store, sources.now),
  };
  return {
    name: "staff desk",
    run: (signal) => watch.run(signal),
    view: async (actor) => {
      const view = await viewOf(desk);
      const seen = view.held.map(({ reading }) => reading.id);
      await viewed.saw(seen, { actor, at: sources.now(), nowMs: sources.clock.monotonicMs() });
      return view;
    },
    assignHeld: (request, actor) => deeds.assignHeld(request, actor),
    discardHeld: (request, actor) => deeds.discardHeld(request, actor),
    saveAssignment: (request, actor) => deeds.saveAssignment(request, actor),
    endAssignment: (request, actor) => deeds.endAssignment(request, actor),
    forgetDevice: (request, actor) => deeds.forgetDevice(request, actor),
    setKiosks: (request, actor) => deeds.setKiosks(request, actor),
    withdrawConsent: async (request, actor) => {
      await deeds.withdrawConsent(request, actor);
      const visit = options.visits?.current() ?? null;
      if (visit?.isOf(request.person) === true) await visit.end("by-staff");
    },
    endVisit: (actor) => endVisit(desk, actor),
    doctor: (signal) => examineAll(options, signal),
    supportBundle: (actor) => bundleFor(desk, actor),
  };
}

interface Desk {
  readonly sources: PageSources;
  readonly options: StaffDeskOptions;
  readonly watch: GatewayWatch;
  readonly auditFault: () => Promise<string | null>;
  readonly headDeliveredAt: () => Promise<number | null>;
}

async function viewOf({ sources, options, watch, auditFault, headDeliveredAt }: Desk): Promise<StaffView> {
  const { store, gateway, version, clock, supervisor, now } = sources;
  const looked = await lookUp({ sources, watch, quotaBytes: options.quotaBytes, auditFault });
  const { condition, devices, bonds } = looked;
  const [assignments, kiosks, held, head, deliveredAt] = await Promise.all([
    store.assignments(),
    kioskDevices(store),
    store.readings({ state: "held", limit: heldShownMax }),
    store.auditHead(),
    headDeliveredAt(),
  ]);
  const near = watch.near();
  const facts = { devices, bonds, assignments, kiosks, near, now: now(), nowMs: clock.monotonicMs() };
  const names = new Map(devices.map(({ id, name }) => [id, name]));
  const alerts = alertsOf(condition).slice(0, 32);
  return {
    verdict: verdictOf(alerts),
    alerts: [...alerts],
    gateway,
    version,
    radio: { ...radioOf(supervisor), condition: condition.radio.condition },
    uplink: uplinkOf(looked, watch),
    clock: condition.clock,
    store: storeOf(looked),
    audit: { entries: head?.seq ?? 0, headDeliveredAt: deliveredAt },
    visit: visitOf(options.visits),
    near: [...nearDevices(facts)],
    devices: [...staffDevices(facts)],
    held: held.map((stored) => heldReadingOf(stored, names.get(stored.reading.device.id) ?? null)),
    assignments: [...assignmentViews(facts)],
  };
}

function radioOf(supervisor: PageSources["supervisor"]): Omit<StaffView["radio"], "condition"> {
  const { kind, adapter } = supervisor.state();
  return { kind, adapter, pairing: [...supervisor.active().abilities.pairing] };
}

const uplinkOf = ({ condition }: LookedUp, watch: GatewayWatch): StaffView["uplink"] => ({
  state: condition.connection === null ? "disconnected" : "connected",
  waiting: condition.backlog.waiting,
  oldestWaitingAt: condition.backlog.oldestUnsentAt,
  lastDeliveredAt: watch.lastDeliveredAt(),
  deadLetters: condition.counts.deadLetters,
});

function storeOf({ condition }: LookedUp): StaffView["store"] {
  const { readings, held, quarantined, fileBytes, alarm } = condition.counts;
  return { readings, held, quarantined, fileBytes, alarm };
}

function visitOf(visits: StaffDeskOptions["visits"]): StaffView["visit"] {
  const visit = visits?.current() ?? null;
  return visit === null ? null : { step: visit.view().step, startedAt: visit.startedAt };
}

async function endVisit({ sources, options }: Desk, actor: string): Promise<void> {
  const visit = options.visits?.current() ?? null;
  if (visit === null) throw staffErrors.make("no-visit", "no visit is under way");
  await visit.end("by-staff");
  const entry = { at: sources.now(), actor, action: "visit-ended", subject: { why: "by-staff" } } as const;
  await sources.store.record({ changes: [], events: [], audit: [entry] });
}

async function examineAll({ examine }: StaffDeskOptions, signal: AbortSignal): Promise<readonly StaffCheck[]> {
  if (examine === null) return [];
  const examined = await examine(AbortSignal.any([signal, AbortSignal.timeout(doctorMsMax)]));
  return examined.map(({ check, status, finding, mend, code = null, said }) => ({
    name: check,
    state: states[status],
    told: finding.slice(0, 1_024),
    remedy: mend?.slice(0, 1_024) ?? null,
    code,
    said: said.slice(0, 32).map((one) => ({ code: one.code, facts: boundedFacts(one.facts) })),
  }));
}

const boundedFacts = (facts: Facts): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === "string" ? fact.slice(0, 1_024) : fact]),
  );

const states = { ok: "ok", warn: "warning", fail: "failed", skipped: "skipped" } as const;

async function bundleFor({ sources, options, watch }: Desk, actor: string): Promise<{ name: string; text: string }> {
  const { store, gateway, now } = sources;
  const at = now();
  const near: Record<string, number> = {};
  for (const { driver } of watch.near()) near[driver ?? "none"] = (near[driver ?? "none"] ?? 0) + 1;
  const text = await options.bundle(near, AbortSignal.timeout(doctorMsMax));
  await store.record({ changes: [], events: [], audit: [{ at, actor, action: "support-bundle-made", subject: {} }] });
  const day = new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, "");
  return { name: `carepost-support-${gateway}-${day}.json`, text };
}
