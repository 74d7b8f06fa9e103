import type { Backlog } from "../../../cloud-sync/uplink/outbox.ts";
import type { Store, StoreCounts } from "../../store/store.ts";
import { broken, doubtful, healthy, skipped } from "../doctor.ts";
import type { Check, Finding } from "../doctor.ts";

const unsentHoursMax = 1;

/** What waits in the store: for the cloud, for a person, for a clock, or for an operator. */
export const backlogCheck = (store: Pick<Store, "backlog" | "counts"> | null, now: number): Check => ({
  name: "backlog",
  run: async () =>
    store === null
      ? skipped("there is no store to look into")
      : judge(await store.counts(), await store.backlog(), now),
});

export function judge(counts: StoreCounts, { waiting, oldestUnsentAt }: Backlog, now: number): Finding {
  const facts = `${counts.readings === 1 ? "one reading" : `${counts.readings} readings`}, ${waiting} waiting`;
  if (counts.alarm !== null) {
    return broken(
      `${facts}; the store takes no more readings (${counts.alarm})`,
      "Let the backlog drain or make room: the devices keep their readings meanwhile.",
    );
  }
  const doubts = [
    ...ageDoubt(oldestUnsentAt, now),
    ...countDoubt(
      counts.deadLetters,
      "rejected by the ingestion end",
      "`carepost readings dead-letters list` says why.",
    ),
    ...countDoubt(counts.held, "held, because nobody knows whose they are", "`carepost readings held` lists them."),
    ...countDoubt(
      counts.undated,
      "undated, because the clock is in doubt",
      "They are dated when the clock is trusted.",
    ),
    ...countDoubt(counts.tombstones, "dropped for want of room", "Raise store.quotaMiB, and mend the connection."),
  ];
  if (doubts.length === 0) return healthy(facts);
  return doubtful([facts, ...doubts.map(([doubt]) => doubt)].join("; "), doubts.map(([, mend]) => mend).join("\n"));
}

type Doubt = readonly [doubt: string, mend: string];

function ageDoubt(oldestUnsentAt: number | null, now: number): readonly Doubt[] {
  const hours = oldestUnsentAt === null ? 0 : (now - oldestUnsentAt) / 3_600_000;
  if (hours <= unsentHoursMax) return [];
  return [[`the oldest has waited for ${Math.round(hours)} h`, "Mend what the checks of broker and ingestor name."]];
}

const countDoubt = (count: number, what: string, mend: string): readonly Doubt[] =>
  count === 0 ? [] : [[`${count} ${what}`, mend]];
