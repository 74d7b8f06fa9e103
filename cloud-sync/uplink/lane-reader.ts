import type { Lane, Outbox, OutboxPage, PageRequest } from "./outbox.ts";

export type PageBounds = Pick<PageRequest, "readingsMax" | "bytesMax">;

/**
 * Reads one lane of the outbox from front to back. While the lane is long, the next pages are read before they are
 * asked for, because an outbox on another thread answers within a delay in which several batches could be sent.
 */
export class LaneReader {
  readonly #outbox: Pick<Outbox, "page">;
  readonly #lane: Lane;
  /** Read and not taken. */
  #ready: readonly OutboxPage[] = [];
  #reading: Promise<Read> | null = null;
  #readThroughSeq = 0;
  #takenThroughSeq = 0;
  /** Counts how often what was read ahead was dropped, so that a page that is being read then is not believed. */
  #drops = 0;
  #isExhausted = false;
  /** Counts additions, so that one which comes while a page is read is not missed. */
  #additions = 0;

  constructor(outbox: Pick<Outbox, "page">, lane: Lane) {
    this.#outbox = outbox;
    this.#lane = lane;
  }

  /** The end was reached, and nothing was added since. */
  get isExhausted(): boolean {
    return this.#isExhausted;
  }

  added(): void {
    this.#additions += 1;
    this.#isExhausted = false;
  }

  /** Starts again from the front. Not while a page is being read. */
  rewind(): void {
    this.#takenThroughSeq = 0;
    this.dropAhead();
  }

  /** Entries were removed from the outbox: what was read and not taken may hold them, and is read again. */
  dropAhead(): void {
    this.#ready = [];
    this.#reading = null;
    this.#drops += 1;
    this.#readThroughSeq = this.#takenThroughSeq;
    this.added();
  }

  /** The next page, which stays the next until it is taken; null at the end. Rejects as the outbox does. */
  async next(bounds: PageBounds): Promise<OutboxPage | null> {
    for (;;) {
      const [ready] = this.#ready;
      if (ready !== undefined) return ready;
      const drops = this.#drops;
      const reading = (this.#reading ??= this.#read(bounds));
      try {
        const { page, additions } = await reading;
        if (drops !== this.#drops) continue;
        if (page === null) this.#isExhausted = additions === this.#additions;
        else this.#ready = [page, ...(page.more ?? [])];
        this.#readThroughSeq = this.#ready.at(-1)?.seqs.at(-1) ?? this.#readThroughSeq;
        return page;
      } finally {
        if (this.#reading === reading) this.#reading = null;
      }
    }
  }

  /** The page will be sent: the one after it is next. False if it is not the next any more, and may not be sent. */
  take(page: OutboxPage, bounds: PageBounds): boolean {
    const [taken, ...rest] = this.#ready;
    if (taken !== page) return false;
    this.#ready = rest;
    this.#takenThroughSeq = taken.seqs.at(-1) ?? this.#takenThroughSeq;
    if (isAtLeastHalf(taken, bounds) && rest.length <= 1 && this.#reading === null) {
      this.#reading = this.#read(bounds);
      // Whoever waits for it hears of a failure; if nobody does any more, nobody needs to.
      this.#reading.catch(() => undefined);
    }
    return true;
  }

  async #read(bounds: PageBounds): Promise<Read> {
    const additions = this.#additions;
    const request = { ...bounds, lane: this.#lane, afterSeq: this.#readThroughSeq, pagesMax };
    return { page: await this.#outbox.page(request), additions };
  }
}

interface Read {
  readonly page: OutboxPage | null;
  /** How many additions were known when it was asked for. */
  readonly additions: number;
}

/** Behind a small page there is nothing to read ahead. */
const isAtLeastHalf = ({ seqs, body }: OutboxPage, { readingsMax, bytesMax }: PageBounds): boolean =>
  seqs.length * 2 >= readingsMax || body.byteLength * 2 >= bytesMax;

/** Of 60 KB at most, in each of three lanes; twice as many are held while the next are read. */
const pagesMax = 4;
