import type { StaffCheck } from "../../gateway/kiosk/contract/staff-view.ts";
import type { Finding } from "../../gateway/ops/doctor.ts";

const states = { ok: "ok", warn: "warning", fail: "failed", skipped: "skipped" } as const;

/** A finding as staff's page is told of it. */
export const checkOf = (name: string, { status, finding, mend, said, code }: Finding): StaffCheck => ({
  name,
  state: states[status],
  told: finding,
  remedy: mend,
  code: code ?? null,
  said: said.map((one) => ({ code: one.code, facts: { ...one.facts } })),
});
