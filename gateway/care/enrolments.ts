import type { Assignment, Store } from "../store/store.ts";

const pageEntries = 1_000;

/** Which of these assignments are enrolments, so that somebody's home follows them: the audit log tells. Returns their ids. */
export async function enrolledAmong(
  store: Pick<Store, "auditEntries">,
  assignments: readonly Pick<Assignment, "id">[],
): Promise<readonly string[]> {
  const asked = new Set(assignments.map(({ id }) => id));
  const found = new Set<string>();
  let afterSeq = 0;
  while (found.size < asked.size) {
    const page = await store.auditEntries({ afterSeq, limit: pageEntries });
    for (const { action, subject } of page) {
      const { assignment } = subject;
      if (action === "device-enrolled" && typeof assignment === "string" && asked.has(assignment))
        found.add(assignment);
    }
    afterSeq = page.at(-1)?.seq ?? afterSeq;
    if (page.length < pageEntries) break;
  }
  return [...found];
}
