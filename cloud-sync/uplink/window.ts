import type { Flight } from "./flight.ts";
import type { Lane } from "./outbox.ts";

export interface WindowBounds {
  readonly batchesMax: number;
  readonly bytesMax: number;
}

/**
 * What is under way: sent, and not yet named by a receipt. It slides over pages, and bounds what a lost connection or
 * a lost receipt makes us send again. In a window of several batches the last place is for the urgent lane.
 */
export class Window {
  #bounds: WindowBounds;
  readonly #flights = new Map<string, Flight>();
  #bytes = 0;
  #unacknowledged = 0;
  #smallUnacknowledged = 0;

  constructor(bounds: WindowBounds) {
    this.#bounds = bounds;
  }

  get batches(): number {
    return this.#flights.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Batches that the broker has not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged;
  }

  get smallUnacknowledged(): number {
    return this.#smallUnacknowledged;
  }

  get readings(): number {
    let readings = 0;
    for (const { openCount } of this.#flights.values()) readings += openCount;
    return readings;
  }

  setBatchesMax(batchesMax: number): void {
    this.#bounds = { ...this.#bounds, batchesMax };
  }

  /** May another batch of a lane be sent? One always may when nothing is under way. */
  hasRoom(lane: Lane, batchBytesMax: number): boolean {
    const { batchesMax, bytesMax } = this.#bounds;
    if (this.#flights.size === 0) return true;
    const places = lane === "urgent" || batchesMax < 4 ? batchesMax : batchesMax - 1;
    return this.#flights.size < places && this.#bytes + batchBytesMax <= bytesMax;
  }

  add(flight: Flight): void {
    this.#flights.set(flight.id, flight);
    this.#bytes += flight.bytes;
    this.#unacknowledged += 1;
    if (flight.small) this.#smallUnacknowledged += 1;
  }

  get(id: string): Flight | undefined {
    return this.#flights.get(id);
  }

  acknowledge(flight: Flight, atMs: number): void {
    if (flight.acknowledgedMs !== null || this.#flights.get(flight.id) !== flight) return;
    flight.acknowledgedMs = atMs;
    this.#uncount(flight);
  }

  /** Takes a flight out; false if it was not in. */
  remove(flight: Flight): boolean {
    if (!this.#flights.delete(flight.id)) return false;
    this.#bytes -= flight.bytes;
    if (flight.acknowledgedMs === null) this.#uncount(flight);
    return true;
  }

  [Symbol.iterator](): IterableIterator<Flight> {
    return this.#flights.values();
  }

  #uncount(flight: Flight): void {
    this.#unacknowledged -= 1;
    if (flight.small) this.#smallUnacknowledged -= 1;
  }
}
