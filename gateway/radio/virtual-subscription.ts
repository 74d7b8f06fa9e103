import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattSubscription } from "../../device-drivers/ports/gatt.ts";

export interface Arrival {
  readonly value: Uint8Array;
  /** What to confirm it with; null for a notification. */
  readonly confirm: number | null;
}

export interface SubscriptionOwner {
  confirm(confirm: number): void;
  /** A value has left the queue. */
  taken(values: number): void;
  /** Disables it at the device. Never rejects. */
  disable(): Promise<void>;
}

interface Waiter {
  readonly take: (arrival: Arrival) => void;
  readonly refuse: (error: unknown) => void;
}

/** One characteristic's values. It holds each confirmation back until the next value is asked for. */
export class VirtualSubscription implements GattSubscription {
  readonly #owner: SubscriptionOwner;
  readonly #arrivals: Arrival[] = [];
  #unconfirmed: number | null = null;
  #waiter: Waiter | null = null;
  #end: CarepostError | null = null;
  #closing: Promise<void> | null = null;

  constructor(owner: SubscriptionOwner) {
    this.#owner = owner;
  }

  /** Values that have arrived, and wait to be taken. */
  get waiting(): number {
    return this.#arrivals.length;
  }

  next(signal: AbortSignal): Promise<Uint8Array> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#waiter !== null) return Promise.reject(misuse("the next value is being waited for already"));
    if (this.#closing !== null) return Promise.reject(this.#end ?? misuse("the subscription is closed"));
    if (this.#unconfirmed !== null) this.#owner.confirm(this.#unconfirmed);
    this.#unconfirmed = null;
    const arrival = this.#arrivals.shift();
    if (arrival !== undefined) {
      this.#owner.taken(1);
      return Promise.resolve(this.#hand(arrival));
    }
    return this.#end === null ? this.#wait(signal) : Promise.reject(this.#end);
  }

  close(): Promise<void> {
    this.#closing ??= this.#owner.disable();
    this.discard();
    this.#waiter?.refuse(this.#end ?? gattErrors.make("link-closed", "the subscription was closed"));
    return this.#closing;
  }

  /** Takes a value in. Returns false if nobody will ever take it. */
  accept(arrival: Arrival): boolean {
    if (this.#closing !== null) return false;
    if (this.#waiter === null) {
      this.#arrivals.push(arrival);
      return true;
    }
    this.#waiter.take(arrival);
    return false;
  }

  /** The link has ended: if the peer ended it, what arrived may still be taken; if we did, it may not. */
  end(error: CarepostError): void {
    this.#end = error;
    if (gattErrors.is(error, "link-closed")) this.discard();
    this.#waiter?.refuse(error);
  }

  /** Lets go of what nobody will take. */
  discard(): void {
    this.#owner.taken(this.#arrivals.length);
    this.#arrivals.length = 0;
  }

  #wait(signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        this.#waiter = null;
        signal.removeEventListener("abort", abort);
        settle();
      };
      const abort = (): void => done(() => reject(signal.reason));
      this.#waiter = {
        take: (arrival) => done(() => resolve(this.#hand(arrival))),
        refuse: (error) => done(() => reject(error)),
      };
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #hand(arrival: Arrival): Uint8Array {
    this.#unconfirmed = arrival.confirm;
    return arrival.value;
  }
}

const misuse = (message: string): CarepostError => gattErrors.make("misuse", message);
