import type { PageSources } from "../../page-sources.ts";

/**
 * Ends the visits that an earlier run of the program has left open, as when the power went: nobody who stood there then
 * stands there now, and nothing that comes from now on is theirs. Resolves with how many.
 */
export async function endOpenSessions({ store, now }: Pick<PageSources, "store" | "now">): Promise<number> {
  const at = now();
  const open = (await store.sessions(at)).filter(({ endedAt }) => endedAt === null);
  if (open.length === 0) return 0;
  await store.record({
    changes: open.map((session) => ({
      type: "session",
      session: { ...session, endedAt: Math.max(at, session.startedAt) },
    })),
    events: [],
    audit: open.map(({ id }) => ({
      at,
      actor: "gateway",
      action: "visit-ended",
      subject: { session: id, reason: "found-open" },
    })),
  });
  return open.length;
}
