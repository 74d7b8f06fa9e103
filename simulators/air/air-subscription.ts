import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattSubscription } from "../../device-drivers/ports/gatt.ts";
import type { Arrival } from "./air-connection.ts";

/** A device is held back when so many of its values wait to be taken. */
const waitingValuesMax = 4_096;

export interface SubscriptionOwner {
  confirm(confirm: number): void;
  /** Disables it at the device. Never rejects. */
  disable(): Promise<void>;
}

/** The strict subscription: it holds every confirmation back until the next value is asked for. */
export class AirSubscription implements GattSubscription {
  readonly #owner: SubscriptionOwner;
  readonly #arrivals: Arrival[] = [];
  #unconfirmed: number | null = null;
  #waiting: { readonly take: (arrival: Arrival) => void; readonly refuse: (error: unknown) => void } | null = null;
  #makeRoom: (() => void) | null = null;
  #end: CarepostError | null = null;
  #closing: Promise<void> | null = null;

  constructor(owner: SubscriptionOwner) {
    this.#owner = owner;
  }

  next(signal: AbortSignal): Promise<Uint8Array> {
    const refusal = this.#refusal(signal);
    if (refusal !== null) return Promise.reject(refusal.reason);
    if (this.#unconfirmed !== null) this.#owner.confirm(this.#unconfirmed);
    this.#unconfirmed = null;
    const arrival = this.#arrivals.shift();
    if (arrival !== undefined) return Promise.resolve(this.#taken(arrival));
    // The confirmation may have been what the air lost, so the end is looked at after it.
    if (this.#end !== null) return Promise.reject(this.#end);
    return this.#wait(signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#owner.disable();
    this.#arrivals.length = 0;
    this.#waiting?.refuse(this.#end ?? gattErrors.make("link-closed", "the subscription was closed"));
    this.#makeRoom?.();
    return this.#closing;
  }

  /** A value has arrived. */
  accept(arrival: Arrival): void {
    if (this.#closing !== null) return;
    if (this.#waiting === null) this.#arrivals.push(arrival);
    else this.#waiting.take(arrival);
  }

  /** The link has ended: by the peer, then what arrived may still be taken; or by us, then it may not. */
  end(error: CarepostError): void {
    this.#end = error;
    if (gattErrors.is(error, "link-closed")) this.#arrivals.length = 0;
    this.#waiting?.refuse(error);
    this.#makeRoom?.();
  }

  room(): Promise<void> {
    if (this.#arrivals.length < waitingValuesMax) return Promise.resolve();
    return new Promise((resolve) => {
      this.#makeRoom = resolve;
    });
  }

  #refusal(signal: AbortSignal): { readonly reason: unknown } | null {
    if (signal.aborted) return { reason: signal.reason };
    if (this.#waiting !== null) {
      return { reason: gattErrors.make("misuse", "the next value was asked for while it was being waited for") };
    }
    if (this.#closing === null) return null;
    return { reason: this.#end ?? gattErrors.make("misuse", "a value was asked of a closed subscription") };
  }

  #wait(signal: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waiting = null;
        signal.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        done();
        reject(signal.reason);
      };
      const take = (arrival: Arrival): void => {
        done();
        resolve(this.#taken(arrival));
      };
      const refuse = (error: unknown): void => {
        done();
        reject(error);
      };
      this.#waiting = { take, refuse };
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  #taken(arrival: Arrival): Uint8Array {
    this.#unconfirmed = arrival.confirm;
    this.#makeRoom?.();
    this.#makeRoom = null;
    return arrival.value.slice();
  }
}
