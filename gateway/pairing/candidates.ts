import { matchAdvertisement } from "../../device-drivers/catalogue.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";

/** A device that is heard while a window is open. */
export interface Candidate {
  readonly address: string;
  readonly name: string | null;
  readonly services: readonly string[];
  /** The strongest of the last seconds: a single advertisement says little. */
  readonly rssiDbm: number;
  /** The driver that reads it; null where none fits what it advertises, which may be less than it has. */
  readonly driver: string | null;
  /** It is near enough to be paired. */
  readonly isNear: boolean;
}

interface Heard {
  readonly advertisement: Advertisement;
  readonly firstMs: number;
  readonly heardMs: number;
  readonly bestDbm: number;
  readonly bestMs: number;
}

const bestForMs = 5_000;
const presentMs = 15_000;
/** More devices than any room has; beyond it, the one that was heard least recently is dropped. */
const devicesMax = 256;

/** Who is heard, how strongly. */
export class Candidates {
  readonly #heard = new Map<string, Heard>();
  readonly #rssiFloorDbm: number;

  constructor(rssiFloorDbm: number) {
    this.#rssiFloorDbm = rssiFloorDbm;
  }

  hear(advertisement: Advertisement, nowMs: number): void {
    // How near that is, nobody knows; it advertises once it is let go.
    if (advertisement.isLeftConnected === true) return;
    const key = advertisement.address.toUpperCase();
    const before = this.#heard.get(key);
    this.#heard.delete(key);
    const keepsBest =
      before !== undefined && nowMs - before.bestMs < bestForMs && before.bestDbm > advertisement.rssiDbm;
    const best = keepsBest ? before : { bestDbm: advertisement.rssiDbm, bestMs: nowMs };
    const name = advertisement.name ?? before?.advertisement.name ?? null;
    const { bestDbm, bestMs } = best;
    const firstMs = before?.firstMs ?? nowMs;
    this.#heard.set(key, { advertisement: { ...advertisement, name }, firstMs, heardMs: nowMs, bestDbm, bestMs });
    const [stalest] = this.#heard.keys();
    if (this.#heard.size > devicesMax && stalest !== undefined) this.#heard.delete(stalest);
  }

  /** Those that a driver reads first, and of these the strongest. */
  list(nowMs: number): readonly Candidate[] {
    return [...this.#heard.values()]
      .filter(({ heardMs }) => nowMs - heardMs <= presentMs)
      .map((heard) => this.#candidate(heard))
      .toSorted((a, b) => Number(b.driver !== null) - Number(a.driver !== null) || b.rssiDbm - a.rssiDbm);
  }

  get(address: string, nowMs: number): Candidate | null {
    const heard = this.#heard.get(address.toUpperCase());
    return heard === undefined || nowMs - heard.heardMs > presentMs ? null : this.#candidate(heard);
  }

  /** Whoever has this address counts as there again only once it is heard anew. */
  drop(address: string): void {
    this.#heard.delete(address.toUpperCase());
  }

  /**
   * The address under which a device is heard now whose own is no longer known: a private one that was first heard within
   * that span, of the same name or read by the same driver. Null if there is none, or more than one came since.
   */
  heirOf(
    { name, driver }: Pick<Candidate, "name" | "driver">,
    { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
    nowMs: number,
  ): string | null {
    const heirs = [...this.#heard.values()].filter((heard) => {
      const { name: its, driver: fits } = this.#candidate(heard);
      const isLike = (name !== null && its === name) || (driver !== null && fits === driver);
      const isNew = heard.firstMs >= sinceMs && nowMs - heard.heardMs <= presentMs;
      return isLike && isNew && heard.advertisement.addressKind === "random-private";
    });
    const [heir] = heirs;
    const isIt = heirs.length === 1 && heir !== undefined && heir.firstMs <= untilMs;
    return isIt ? heir.advertisement.address.toUpperCase() : null;
  }

  #candidate({ advertisement, bestDbm }: Heard): Candidate {
    const { address, name, services } = advertisement;
    return {
      address,
      name,
      services,
      rssiDbm: bestDbm,
      driver: matchAdvertisement(advertisement)?.name ?? null,
      isNear: bestDbm >= this.#rssiFloorDbm,
    };
  }
}
