import type { GatewayState } from "../contract/control.ts";
import { RecentMap } from "./recent-map.ts";
import type { HeardRoster } from "./roster-book.ts";

export interface HeardGatewaysLimits {
  readonly heardMax: number;
  readonly gatewaysMax: number;
}

interface LastWord {
  /** Undefined of a gateway that does not tell, because it knows no rosters, or is not there to follow one. */
  readonly version: number | null | undefined;
}

/** What gateways said last of the roster that they follow, and whose word is new. Beyond its bounds it forgets the oldest. */
export class HeardGateways {
  readonly #limits: HeardGatewaysLimits;
  readonly #words: RecentMap<LastWord>;
  readonly #news = new Map<string, number | null>();

  constructor(limits: HeardGatewaysLimits) {
    this.#limits = limits;
    this.#words = new RecentMap(limits.gatewaysMax);
  }

  /** Is it news that is to be looked at? */
  hear(gateway: string, { online, rosterVersion }: GatewayState): boolean {
    const version = online ? rosterVersion : undefined;
    const before = this.#words.get(gateway);
    this.#words.set(gateway, { version });
    if (version === undefined || before?.version === version) return false;
    return this.#note({ gateway, version });
  }

  /** A gateway that nothing is known of may well be there: its state may have gone to another ingestor. */
  mayFollow(gateway: string): boolean {
    const word = this.#words.get(gateway);
    return word === undefined || word.version !== undefined;
  }

  /** The news so far, once. */
  take(): readonly HeardRoster[] {
    const news = Array.from(this.#news, ([gateway, version]) => ({ gateway, version }));
    this.#news.clear();
    return news;
  }

  /** What could not be looked at; of a gateway that has spoken meanwhile the later word counts. */
  putBack(news: readonly HeardRoster[]): void {
    for (const word of news) if (!this.#news.has(word.gateway)) this.#note(word);
  }

  #note({ gateway, version }: HeardRoster): boolean {
    if (!this.#news.has(gateway) && this.#news.size >= this.#limits.heardMax) {
      // The next state that it sends is news again.
      this.#words.delete(gateway);
      return false;
    }
    this.#news.set(gateway, version);
    return true;
  }
}
