import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { DeviceBond, Store } from "../store/store.ts";

/** A device that was met, and did not tell who it is. */
export interface HidingStranger {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly name: string | null;
}

export interface HidingPorts {
  readonly store: Pick<Store, "bonds" | "forgetBond">;
  readonly clock: Clock;
}

interface Meeting {
  readonly isPrivate: boolean;
  readonly metMs: number;
}

const strangersMax = 8;
/**
 * A private address is used for 15 min (Core Vol 3 Part C Appendix A), and for an hour at most (Vol 4 Part E 7.8.45); a
 * stranger that stays is met once an hour. So one that was not met for longer than that is not there any more.
 */
const unmetMsMax = 7_200_000;
const tidyMs = 3_600_000;

export const isHiding = ({ deviceId, state }: DeviceBond): boolean => deviceId === null && state === "none";

/**
 * Which of the strangers that hide who they are have a row among the bonds: a few, because strangers are many. One with
 * a private address is another each time, so all of a name have one row together, which gives way to whoever comes with
 * an address that lasts, and goes when that address is out of use.
 */
export class HidingStrangers {
  readonly #store: HidingPorts["store"];
  readonly #clock: Clock;
  readonly #startedMs: number;
  /** Of those that have a row, by address. */
  readonly #met = new Map<string, Meeting>();

  constructor({ store, clock }: HidingPorts) {
    this.#store = store;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
  }

  /**
   * Makes room for a row of this stranger. `again`: in place of one that stood for it. `none`: it has one, or there is no
   * room.
   */
  async admit({ address, addressKind, name }: HidingStranger): Promise<"new" | "again" | "none"> {
    const key = address.toUpperCase();
    const meeting = { isPrivate: addressKind === "random-private", metMs: this.#clock.monotonicMs() };
    const rows = await this.#store.bonds();
    const known = rows.find((row) => row.address === key);
    if (known !== undefined) {
      if (isHiding(known)) this.#met.set(key, meeting);
      return "none";
    }
    const hiding = rows.filter(isHiding);
    const same = meeting.isPrivate ? hiding.find((row) => row.name === name && this.#isPrivate(row)) : undefined;
    const isFull = hiding.length >= strangersMax;
    const leaving = same ?? (isFull ? this.#displaced(hiding, meeting) : undefined);
    if (leaving !== undefined) await this.#forget(leaving);
    else if (isFull) return "none";
    this.#met.set(key, meeting);
    return same === undefined ? "new" : "again";
  }

  /** One that was heard under another address than its bond has was paired: what stood for it goes. */
  async paired(heardAs: string, name: string | null): Promise<void> {
    const address = heardAs.toUpperCase();
    for (const row of await this.#store.bonds()) {
      const isSame = isHiding(row) && this.#isPrivate(row) && row.name === name;
      if (isSame || row.address === address) await this.#forget(row);
    }
  }

  /** Forgets those whose private address nobody uses any more, now and then, until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(tidyMs, signal).catch(() => undefined);
      // What a store that is full or busy does not do now, it does the next time.
      if (!signal.aborted) await this.#tidy().catch(() => undefined);
    }
  }

  async #tidy(): Promise<void> {
    const rows = (await this.#store.bonds()).filter(isHiding);
    for (const row of rows) if (this.#isOutOfUse(row)) await this.#forget(row);
    // Others have paired or forgotten the rest.
    const there = new Set(rows.map(({ address }) => address));
    for (const address of this.#met.keys()) if (!there.has(address)) this.#met.delete(address);
  }

  #displaced(hiding: readonly DeviceBond[], { isPrivate }: Meeting): DeviceBond | undefined {
    return hiding
      .filter((row) => this.#isPrivate(row) && (!isPrivate || this.#isOutOfUse(row)))
      .toSorted((a, b) => this.#metMs(a) - this.#metMs(b))
      .at(0);
  }

  async #forget({ address }: DeviceBond): Promise<void> {
    await this.#store.forgetBond(address);
    this.#met.delete(address);
  }

  #isOutOfUse(row: DeviceBond): boolean {
    const sinceMs = Math.max(this.#metMs(row), this.#startedMs);
    return this.#isPrivate(row) && this.#clock.monotonicMs() - sinceMs >= unmetMsMax;
  }

  #metMs({ address }: DeviceBond): number {
    return this.#met.get(address)?.metMs ?? -Infinity;
  }

  /** Of one that was not met since the start only the bits tell: ones where it is static (Core Vol 6 Part B 1.3.2). */
  #isPrivate({ address }: DeviceBond): boolean {
    return this.#met.get(address)?.isPrivate ?? Number.parseInt(address.slice(0, 2), 16) < 0xc0;
  }
}
