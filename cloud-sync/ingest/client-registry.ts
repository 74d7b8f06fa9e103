import type { Clock } from "../../device-drivers/ports/clock.ts";

/**
 * Who is connected under which id. MQTT lets a second client with the same id throw out the first (3.1.4-2): right for
 * a gateway whose old connection is dead and not yet known to be, wrong for two gateways with one id, which would throw
 * each other out for ever and each send everything again. So a connection that is younger than `takeoverMinMs` stays,
 * and the newcomer is told to come back later: a gateway that lost its connection waits that long at most, and a war
 * costs one reconnection in that time.
 */
export class ClientRegistry<Client extends object> {
  readonly #clock: Clock;
  readonly #takeoverMinMs: number;
  readonly #entries = new Map<string, { readonly client: Client; readonly sinceMs: number }>();

  constructor(clock: Clock, takeoverMinMs: number) {
    this.#clock = clock;
    this.#takeoverMinMs = takeoverMinMs;
  }

  /** May a newcomer have this id now, be it by taking it over? */
  isFree(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry === undefined || this.#clock.monotonicMs() - entry.sinceMs >= this.#takeoverMinMs;
  }

  /** Registers a client and answers the one whose place it took, if any. */
  add(id: string, client: Client): Client | null {
    const previous = this.#entries.get(id)?.client ?? null;
    this.#entries.set(id, { client, sinceMs: this.#clock.monotonicMs() });
    return previous === client ? null : previous;
  }

  get(id: string): Client | null {
    return this.#entries.get(id)?.client ?? null;
  }

  /** Forgets a client, but not the one that has taken its place meanwhile. */
  remove(id: string, client: Client): void {
    if (this.#entries.get(id)?.client === client) this.#entries.delete(id);
  }

  get size(): number {
    return this.#entries.size;
  }
}
