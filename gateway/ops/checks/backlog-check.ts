import type { Backlog } from "../../../cloud-sync/uplink/outbox.ts";
import type { Store, StoreCounts } from "../../store/store.ts";
import { broken, doubtful, healthy, say, skipped } from "../doctor.ts";
import type { Check, Finding, Said } from "../doctor.ts";

const unsentHoursMax = 1;

/** What waits in the store: for the cloud, for a person, for a clock, or for an operator. */
export const backlogCheck = (store: Pick<Store, "backlog" | "counts"> | null, now: number): Check => ({
  name: "backlog",
  run: async () =>
    store === null ? skipped(say("no-store")) : judge(await store.counts(), await store.backlog(), now),
});

export function judge(counts: StoreCounts, { waiting, oldestUnsentAt }: Backlog, now: number): Finding {
  const facts = say("backlog", { readings: counts.readings, waiting });
  if (counts.alarm !== null) return broken(facts, say("backlog-store-full", { alarm: counts.alarm }));
  const doubts = [
    ...ageDoubt(oldestUnsentAt, now),
    ...countDoubt("backlog-rejected", counts.deadLetters),
    ...countDoubt("backlog-held", counts.held),
    ...countDoubt("backlog-undated", counts.undated),
    ...countDoubt("backlog-dropped", counts.tombstones),
  ];
  return doubts.length === 0 ? healthy(facts) : doubtful(facts, ...doubts);
}

function ageDoubt(oldestUnsentAt: number | null, now: number): readonly Said[] {
  const hours = oldestUnsentAt === null ? 0 : (now - oldestUnsentAt) / 3_600_000;
  return hours <= unsentHoursMax ? [] : [say("backlog-old", { hours: Math.round(hours) })];
}

type Counted = "backlog-rejected" | "backlog-held" | "backlog-undated" | "backlog-dropped";

const countDoubt = (code: Counted, count: number): readonly Said[] => (count === 0 ? [] : [say(code, { count })]);
