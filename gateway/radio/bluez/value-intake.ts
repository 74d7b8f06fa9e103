import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { sameOctets } from "../../../device-drivers/kit/same-octets.ts";
import { VirtualSubscription } from "../virtual-subscription.ts";

/** More than any device sends in the moment between its connection and the first subscription. */
const earlyValuesMax = 256;

/**
 * Takes in what bluetoothd tells of characteristics' values, and knows which of it are values that the device has sent.
 *
 * bluetoothd tells of a value that was read as of one that was sent, just before the reply; so while a read is on its
 * way, values are held, and the last is let go of if it is the one that was read. And it enables again, by itself, what
 * notified when a link was lost: what comes before the subscription, of a device that may never show it again, waits.
 */
export class ValueIntake {
  readonly #subscriptions = new Map<string, VirtualSubscription>();
  readonly #early: Map<string, Uint8Array[]>;
  readonly #reads = new Map<string, Uint8Array[]>();
  #waiting = 0;

  /** @param enabled the paths of the characteristics that bluetoothd enables by itself */
  constructor(enabled: readonly string[]) {
    this.#early = new Map(enabled.map((path) => [path, []]));
  }

  /** Values that wait to be taken. */
  get waiting(): number {
    return this.#waiting;
  }

  isTaken(path: string): boolean {
    return this.#subscriptions.has(path);
  }

  /** @param disable is called when the subscription is closed; it never rejects */
  subscribe(path: string, disable: () => Promise<void>): VirtualSubscription {
    const subscription: VirtualSubscription = new VirtualSubscription({
      confirm: () => undefined,
      taken: (values) => {
        this.#waiting -= values;
      },
      disable: () => {
        this.release(path, subscription);
        return disable();
      },
    });
    this.#subscriptions.set(path, subscription);
    const early = this.#early.get(path) ?? [];
    this.#early.delete(path);
    for (const value of early) this.#deliver(path, value);
    return subscription;
  }

  release(path: string, subscription: VirtualSubscription): void {
    if (this.#subscriptions.get(path) === subscription) this.#subscriptions.delete(path);
  }

  accept(path: string, value: Uint8Array): void {
    const held = this.#reads.get(path);
    if (held === undefined) this.#deliver(path, value);
    else held.push(value);
  }

  beginRead(path: string): void {
    this.#reads.set(path, []);
  }

  /** The read has ended: with a value, or null without one. A second call changes nothing. */
  endRead(path: string, value: Uint8Array | null): void {
    const held = this.#reads.get(path) ?? [];
    this.#reads.delete(path);
    const last = held.at(-1);
    if (value !== null && last !== undefined && sameOctets(last, value)) held.pop();
    for (const sent of held) this.#deliver(path, sent);
  }

  /** Nothing more will come. What has come may be taken, unless we ended the link. */
  end(error: CarepostError): void {
    for (const path of this.#reads.keys()) this.endRead(path, null);
    for (const subscription of this.#subscriptions.values()) subscription.end(error);
    this.#early.clear();
  }

  /** Lets go of what nobody will take. */
  discard(): void {
    for (const subscription of this.#subscriptions.values()) subscription.discard();
  }

  #deliver(path: string, value: Uint8Array): void {
    const subscription = this.#subscriptions.get(path);
    if (subscription === undefined) {
      const early = this.#early.get(path);
      if (early !== undefined && early.length < earlyValuesMax) early.push(value);
    } else if (subscription.accept({ value, confirm: null })) this.#waiting += 1;
  }
}
