import { matchAdvertisement } from "../../../device-drivers/catalogue.ts";
import type { Advertisement } from "../../../device-drivers/ports/gatt.ts";

/** A device that was heard in the last seconds. */
export interface HeardDevice {
  readonly address: string;
  readonly name: string | null;
  readonly driver: string | null;
  /** The strongest of the last seconds: a single advertisement says little. */
  readonly rssiDbm: number;
  readonly heardMs: number;
}

interface Best extends HeardDevice {
  readonly bestMs: number;
}

const bestForMs = 5_000;
const presentMs = 30_000;
/** More than any room has; beyond it, the one that was heard least recently is dropped. */
const devicesMax = 256;

/** Who is in range, how strongly: by address, which stays in this program. */
export class NearDevices {
  readonly #heard = new Map<string, Best>();

  hear(advertisement: Advertisement, nowMs: number): void {
    const address = advertisement.address.toUpperCase();
    const before = this.#heard.get(address);
    const isBest =
      before === undefined || nowMs - before.bestMs >= bestForMs || advertisement.rssiDbm >= before.rssiDbm;
    this.#heard.delete(address);
    this.#heard.set(address, {
      address,
      name: advertisement.name ?? before?.name ?? null,
      driver: matchAdvertisement(advertisement)?.name ?? before?.driver ?? null,
      rssiDbm: isBest ? advertisement.rssiDbm : before.rssiDbm,
      bestMs: isBest ? nowMs : before.bestMs,
      heardMs: nowMs,
    });
    const [stalest] = this.#heard.keys();
    if (this.#heard.size > devicesMax && stalest !== undefined) this.#heard.delete(stalest);
  }

  /** Those that a driver reads first, and of these the strongest. */
  list(nowMs: number): readonly HeardDevice[] {
    return [...this.#heard.values()]
      .filter(({ heardMs }) => nowMs - heardMs <= presentMs)
      .toSorted((a, b) => Number(b.driver !== null) - Number(a.driver !== null) || b.rssiDbm - a.rssiDbm);
  }
}
