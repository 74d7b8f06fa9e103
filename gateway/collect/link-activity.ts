import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattLink, GattSubscription } from "../../device-drivers/ports/gatt.ts";

/** Which connections of one radio are under way, and when each of them last moved. */
export class LinkActivity {
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #movedMs = new Map<object, number>();

  constructor(clock: Clock, stallMs: number) {
    this.#clock = clock;
    this.#stallMs = stallMs;
  }

  /** Is any of them alive, for all that is known? */
  get isMoving(): boolean {
    const sinceMs = this.#clock.monotonicMs() - this.#stallMs;
    return this.#movedMs.values().some((movedMs) => movedMs >= sinceMs);
  }

  /** Connects, and watches the link from the first call to its end. */
  async follow(connecting: () => Promise<GattLink>): Promise<GattLink> {
    const token = {};
    this.#moved(token);
    try {
      const link = await connecting();
      this.#moved(token);
      return new FollowedLink(link, {
        moved: () => this.#moved(token),
        ended: () => void this.#movedMs.delete(token),
      });
    } catch (error) {
      this.#movedMs.delete(token);
      throw error;
    }
  }

  /** Counts as moving for as long as the work takes, which has its own bound: a person may be thinking. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const token = {};
    this.#movedMs.set(token, Infinity);
    try {
      return await work();
    } finally {
      this.#movedMs.delete(token);
    }
  }

  #moved(token: object): void {
    this.#movedMs.set(token, this.#clock.monotonicMs());
  }
}

interface LinkWitness {
  moved(): void;
  ended(): void;
}

/** A link whose answers and values are noticed. */
class FollowedLink implements GattLink {
  readonly #link: GattLink;
  readonly #witness: LinkWitness;
  #isOver = false;

  constructor(link: GattLink, witness: LinkWitness) {
    this.#link = link;
    this.#witness = witness;
  }

  get address(): string {
    return this.#link.address;
  }

  get addressKind(): GattLink["addressKind"] {
    return this.#link.addressKind;
  }

  get bonded(): boolean {
    return this.#link.bonded;
  }

  discover(signal: AbortSignal): ReturnType<GattLink["discover"]> {
    return this.#watched(this.#link.discover(signal));
  }

  read(...[characteristic, signal]: Parameters<GattLink["read"]>): Promise<Uint8Array> {
    return this.#watched(this.#link.read(characteristic, signal));
  }

  write(...[characteristic, value, signal]: Parameters<GattLink["write"]>): Promise<void> {
    return this.#watched(this.#link.write(characteristic, value, signal));
  }

  async subscribe(...[characteristic, signal]: Parameters<GattLink["subscribe"]>): Promise<GattSubscription> {
    const subscription = await this.#watched(this.#link.subscribe(characteristic, signal));
    return {
      next: (waiting) => this.#watched(subscription.next(waiting)),
      close: () => subscription.close(),
    };
  }

  async close(): Promise<void> {
    this.#isOver = true;
    try {
      await this.#link.close();
    } finally {
      this.#witness.ended();
    }
  }

  /** An answer is a sign of life, also one that refuses. */
  async #watched<T>(work: Promise<T>): Promise<T> {
    try {
      const value = await work;
      if (!this.#isOver) this.#witness.moved();
      return value;
    } catch (error) {
      if (gattErrors.is(error, "link-lost", "link-closed")) this.#witness.ended();
      else if (gattErrors.is(error, "att-error") && !this.#isOver) this.#witness.moved();
      throw error;
    }
  }
}
