import { lanes } from "../../cloud-sync/uplink/outbox.ts";
import type { Backlog, Lane, Outbox, OutboxPage, PageRequest, Settlement } from "../../cloud-sync/uplink/outbox.ts";

/** The strict twin of the outbox, in memory, for the forwarder's tests: it refuses misuse and fails on order. */
export interface MemoryOutbox extends Outbox {
  /** Adds an entry, given as JSON text. Sequence numbers run over all lanes. */
  add(lane: Lane, text: string): number;
  /** How many were ever added. */
  added(): number;
  /** Makes a delivered entry wait again, as a damaged file that was restored from a copy would. */
  forget(seq: number): void;
  /** What `page` and `settle` reject with, while it is set. */
  readonly faults: { page: Error | null; settle: Error | null };
  readonly delivered: ReadonlySet<number>;
  readonly rejected: ReadonlyMap<number, string>;
  readonly counts: { pages: number; settles: number };
}

interface LaneRows {
  readonly seqs: number[];
  readonly bodies: Uint8Array[];
}

export function createMemoryOutbox(): MemoryOutbox {
  return new Rows();
}

class Rows implements MemoryOutbox {
  readonly faults: MemoryOutbox["faults"] = { page: null, settle: null };
  readonly delivered = new Set<number>();
  readonly rejected = new Map<number, string>();
  readonly counts = { pages: 0, settles: 0 };
  readonly #lanes: Record<Lane, LaneRows> = {
    urgent: { seqs: [], bodies: [] },
    fresh: { seqs: [], bodies: [] },
    backfill: { seqs: [], bodies: [] },
  };
  readonly #listeners = new Set<(lane: Lane) => void>();
  #last = 0;

  add(lane: Lane, text: string): number {
    this.#last += 1;
    this.#lanes[lane].seqs.push(this.#last);
    this.#lanes[lane].bodies.push(Buffer.from(text));
    for (const listener of this.#listeners) queueMicrotask(() => listener(lane));
    return this.#last;
  }

  added(): number {
    return this.#last;
  }

  forget(seq: number): void {
    this.delivered.delete(seq);
  }

  async page(request: PageRequest): Promise<OutboxPage | null> {
    this.counts.pages += 1;
    if (this.faults.page !== null) throw this.faults.page;
    const [first, ...more] = this.#run(request);
    return first === undefined ? null : { ...first, more };
  }

  /** Pages one behind the other. */
  #run(request: PageRequest): readonly OutboxPage[] {
    const pages: OutboxPage[] = [];
    let { afterSeq } = request;
    while (pages.length < (request.pagesMax ?? 1)) {
      const page = this.#onePage({ ...request, afterSeq });
      if (page === null) break;
      pages.push(page);
      afterSeq = page.seqs.at(-1) ?? afterSeq;
    }
    return pages;
  }

  #onePage(request: PageRequest): OutboxPage | null {
    const { lane, afterSeq, throughSeq = Number.POSITIVE_INFINITY, readingsMax, bytesMax } = request;
    if (readingsMax < 1 || bytesMax < 1) throw new RangeError("a page holds at least one reading and one byte");
    const { seqs, bodies } = this.#lanes[lane];
    const taken: number[] = [];
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for (let index = firstAfter(seqs, afterSeq); index < seqs.length && taken.length < readingsMax; index += 1) {
      const [seq, body] = [seqs[index], bodies[index]];
      if (seq === undefined || body === undefined || seq > throughSeq) break;
      if (this.delivered.has(seq) || this.rejected.has(seq)) continue;
      const grown = bytes + body.byteLength + (taken.length > 0 ? 1 : 0);
      if (taken.length > 0 && grown > bytesMax) break;
      if (taken.length > 0) parts.push(comma);
      parts.push(body);
      taken.push(seq);
      bytes = grown;
    }
    return taken.length === 0 ? null : { lane, seqs: Float64Array.from(taken), body: Buffer.concat(parts, bytes) };
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    this.counts.settles += 1;
    if (this.faults.settle !== null) throw this.faults.settle;
    for (const settlement of settlements) {
      if (settlement.fate === "rejected") this.#reject(settlement.seq, settlement.code);
      else for (const [from, through] of settlement.seqs) this.#deliver(settlement.lane, { from, through });
    }
  }

  async backlog(): Promise<Backlog> {
    const waiting = this.#last - this.delivered.size - this.rejected.size;
    return { waiting, oldestUnsentAt: waiting === 0 ? null : 0 };
  }

  onAdded(listener: (lane: Lane) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #reject(seq: number, code: string): void {
    if (!this.delivered.has(seq) && seq <= this.#last) this.rejected.set(seq, code);
  }

  #deliver(lane: Lane, { from, through }: { readonly from: number; readonly through: number }): void {
    if (!lanes.includes(lane) || from > through) throw new RangeError(`not a range of a lane: ${from} to ${through}`);
    const { seqs } = this.#lanes[lane];
    for (let index = firstAfter(seqs, from - 1); index < seqs.length; index += 1) {
      const seq = seqs[index];
      if (seq === undefined || seq > through) break;
      if (!this.rejected.has(seq)) this.delivered.add(seq);
    }
  }
}

const comma = Buffer.from(",");

/** The index of the first that is greater, by halving. */
function firstAfter(seqs: readonly number[], after: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? 0) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}
