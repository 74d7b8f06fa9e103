import type { Room } from "./room.ts";

type Kind = "data" | "control";

interface Item {
  readonly kind: Kind;
  readonly dueMs: number;
  readonly arrive: () => void;
}

/** One direction of a link: what is put in arrives in order, after the room's latency. Control overtakes held data. */
export class Pipe {
  readonly #room: Pick<Room, "clock" | "latencyMs">;
  readonly #items: Item[] = [];
  readonly #closed = new AbortController();
  readonly #held = { data: false, all: false };
  #isMoving = false;

  constructor(room: Pick<Room, "clock" | "latencyMs">) {
    this.#room = room;
  }

  put(kind: Kind, arrive: () => void): void {
    if (this.#closed.signal.aborted) return;
    this.#items.push({ kind, arrive, dueMs: this.#room.clock.monotonicMs() + this.#room.latencyMs });
    this.#move();
  }

  /** Holds back data, as while encryption starts, or everything, as while the other end cannot be reached. */
  hold(what: "data" | "all", isHeld: boolean): void {
    this.#held[what] = isHeld;
    if (!isHeld) this.#move();
  }

  /** Nothing that is in it arrives any more. */
  close(): void {
    this.#closed.abort();
    this.#items.length = 0;
  }

  #move(): void {
    if (this.#isMoving) return;
    this.#isMoving = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      const waitMs = item.dueMs - this.#room.clock.monotonicMs();
      if (waitMs > 0) await this.#sleep(waitMs);
      // It may have been held back or dropped meanwhile.
      if (this.#next() !== item) continue;
      this.#items.splice(this.#items.indexOf(item), 1);
      item.arrive();
    }
    this.#isMoving = false;
  }

  #next(): Item | undefined {
    if (this.#held.all || this.#closed.signal.aborted) return undefined;
    return this.#held.data ? this.#items.find(({ kind }) => kind === "control") : this.#items[0];
  }

  async #sleep(durationMs: number): Promise<void> {
    await this.#room.clock.sleep(durationMs, this.#closed.signal).catch(() => undefined);
  }
}
