import type { PageSources } from "../../page-sources.ts";
import type { DeviceBond, KnownDevice } from "../../store/store.ts";
import type { Condition } from "./alerts.ts";
import type { GatewayWatch } from "./gateway-watch.ts";

/** Where a gateway's condition is looked up. */
export interface ConditionSources {
  readonly sources: Pick<
    PageSources,
    | "store"
    | "now"
    | "clock"
    | "supervisor"
    | "forwarder"
    | "trust"
    | "certificateExpiresAt"
    | "pagesCertificateExpiresAt"
  >;
  readonly watch: Pick<GatewayWatch, "awaySinceMs">;
  readonly quotaBytes: number | null;
  /** Checks what was written to the audit log since the last call; null where it is not asked. */
  readonly auditFault: (() => Promise<string | null>) | null;
}

export interface LookedUp {
  readonly condition: Condition;
  readonly devices: readonly KnownDevice[];
  readonly bonds: readonly DeviceBond[];
}

export async function lookUp({ sources, watch, quotaBytes, auditFault }: ConditionSources): Promise<LookedUp> {
  const { store, now, clock, supervisor, forwarder, trust, certificateExpiresAt, pagesCertificateExpiresAt } = sources;
  const [counts, backlog, devices, bonds, fault] = await Promise.all([
    store.counts(),
    store.backlog(),
    store.devices(),
    store.bonds(),
    auditFault?.() ?? null,
  ]);
  const awaySinceMs = watch.awaySinceMs();
  const condition: Condition = {
    now: now(),
    radio: supervisor.state(),
    connection: forwarder.status().connection,
    awayMs: awaySinceMs === null ? 0 : clock.monotonicMs() - awaySinceMs,
    backlog,
    counts,
    quotaBytes,
    clock: trust.state,
    certificateExpiresAt: certificateExpiresAt?.() ?? null,
    pagesCertificateExpiresAt: pagesCertificateExpiresAt?.() ?? null,
    devices,
    bonds,
    auditFault: fault,
  };
  return { condition, devices, bonds };
}
