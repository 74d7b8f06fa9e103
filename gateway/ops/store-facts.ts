import { stands } from "../care/assignments.ts";
import type { Store } from "../store/store.ts";
import type { SupportFacts } from "./support-bundle.ts";

/** What a support bundle tells of the store: counts, and devices without what makes them somebody's. */
export async function storeFactsOf(
  store: Pick<Store, "counts" | "backlog" | "devices" | "bonds" | "people" | "assignments" | "auditHead">,
  now: number,
): Promise<NonNullable<SupportFacts["store"]>> {
  const [counts, backlog, devices, bonds, people, assignments, head] = await Promise.all([
    store.counts(),
    store.backlog(),
    store.devices(),
    store.bonds(),
    store.people(),
    store.assignments(),
    store.auditHead(),
  ]);
  const standing = assignments.filter((assignment) => stands(assignment, now));
  return {
    counts,
    backlog,
    devices,
    bonds,
    people: people.length,
    assignments: standing.length,
    auditEntries: head?.seq ?? 0,
  };
}
