import type { NewAuditEntry, Store } from "../../store/store.ts";

/** After so long without a look, the next one is another. */
const lookMs = 30 * 60_000;
const actorsMax = 64;

interface Look {
  atMs: number;
  readonly readings: Set<string>;
}

/**
 * Tells the audit log who saw which reading: once for each in a look, which lasts until nobody has looked for a while.
 * The page asks again every few seconds, and an entry for each time would bury the rest.
 */
export class ViewedReadings {
  readonly #store: Pick<Store, "record">;
  readonly #looks = new Map<string, Look>();

  constructor(store: Pick<Store, "record">) {
    this.#store = store;
  }

  async saw(readings: readonly string[], { actor, at, nowMs }: Viewer): Promise<void> {
    const look = this.#lookOf(actor, nowMs);
    const unseen = readings.filter((id) => !look.readings.has(id));
    // What is no longer shown and comes again was seen again; and the set stays as small as what is shown.
    for (const id of look.readings) if (!readings.includes(id)) look.readings.delete(id);
    if (unseen.length === 0) return;
    const audit = unseen.map((reading): NewAuditEntry => ({
      at,
      actor,
      action: "readings-viewed",
      subject: { reading },
    }));
    await this.#store.record({ changes: [], events: [], audit });
    for (const id of unseen) look.readings.add(id);
  }

  #lookOf(actor: string, nowMs: number): Look {
    const before = this.#looks.get(actor);
    this.#looks.delete(actor);
    const look =
      before === undefined || nowMs - before.atMs > lookMs ? { atMs: nowMs, readings: new Set<string>() } : before;
    look.atMs = nowMs;
    this.#looks.set(actor, look);
    const [stalest] = this.#looks.keys();
    if (this.#looks.size > actorsMax && stalest !== undefined) this.#looks.delete(stalest);
    return look;
  }
}

interface Viewer {
  readonly actor: string;
  readonly at: number;
  readonly nowMs: number;
}
