import type { EventOutbox, OutboxEvent } from "../cloud-sync/uplink/event-outbox.ts";
import type { Store } from "./store/store.ts";
import { pendingTombstoneEvents } from "./tombstone-events.ts";

type EventStore = Pick<
  Store,
  "pendingTombstones" | "settleTombstones" | "pendingEvents" | "settleEvents" | "onEventRecorded"
>;

/** An event, and what settles it where it is kept. */
interface Source {
  readonly kind: "deed" | "tombstone";
  readonly seq: number;
}

interface Waiting {
  readonly kind: Source["kind"];
  readonly event: OutboxEvent;
}

/**
 * All that a gateway has to tell, as one outbox: what people decided and the tombstones of readings, in order of time.
 * Each is numbered when it is first handed out, because the two are kept apart and count for themselves.
 */
export function eventOutboxOf(store: EventStore, gateway: string): EventOutbox {
  const numbers = new Map<string, number>();
  const sources = new Map<number, Source>();
  let last = 0;
  const numbered = (kind: Source["kind"], { seq, event }: OutboxEvent): OutboxEvent => {
    const known = numbers.get(event.id);
    if (known !== undefined) return { seq: known, event };
    last += 1;
    numbers.set(event.id, last);
    sources.set(last, { kind, seq });
    return { seq: last, event };
  };
  const numberOf = ({ event: { event } }: Waiting): number => numbers.get(event.id) ?? Number.MAX_SAFE_INTEGER;
  const settle = async (kind: Source["kind"], settled: readonly Source[]): Promise<void> => {
    const seqs = settled.filter((source) => source.kind === kind).map(({ seq }) => seq);
    if (seqs.length === 0) return;
    await (kind === "deed" ? store.settleEvents(seqs) : store.settleTombstones(seqs));
  };
  return {
    events: async ({ afterSeq, eventsMax }) => {
      // Those that were handed out before may all stand in front of those that are asked for.
      const limit = eventsMax + numbers.size;
      const [deeds, tombstones] = await Promise.all([
        store.pendingEvents({ afterSeq: 0, limit }),
        pendingTombstoneEvents(store, gateway, limit),
      ]);
      // Behind so many, one of the two may lack what would come first.
      const waiting = merged(deeds, tombstones).slice(0, limit);
      const page: OutboxEvent[] = [];
      for (const { kind, event } of waiting.toSorted((one, other) => numberOf(one) - numberOf(other))) {
        if (page.length === eventsMax) break;
        const next = numbered(kind, event);
        if (next.seq > afterSeq) page.push(next);
      }
      return page;
    },
    settleEvents: async (seqs) => {
      const settled = seqs.flatMap((seq) => sources.get(seq) ?? []);
      await settle("deed", settled);
      await settle("tombstone", settled);
      for (const seq of seqs) sources.delete(seq);
      for (const [id, number] of numbers) if (!sources.has(number)) numbers.delete(id);
    },
    onEventAdded: (listener) => store.onEventRecorded(listener),
  };
}

/** By their time; but what a store has in order stays so, whatever its clock did meanwhile. */
function merged(deeds: readonly OutboxEvent[], tombstones: readonly OutboxEvent[]): readonly Waiting[] {
  const all: Waiting[] = [];
  let [deed, tombstone] = [0, 0];
  for (;;) {
    const [one, other] = [deeds[deed], tombstones[tombstone]];
    if (one !== undefined && (other === undefined || one.event.at <= other.event.at)) {
      all.push({ kind: "deed", event: one });
      deed += 1;
    } else if (other !== undefined) {
      all.push({ kind: "tombstone", event: other });
      tombstone += 1;
    } else return all;
  }
}
