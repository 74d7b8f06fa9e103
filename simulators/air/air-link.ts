import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type {
  Advertisement,
  GattCharacteristic,
  GattLink,
  GattProperty,
  GattSubscription,
} from "../../device-drivers/ports/gatt.ts";
import { abortable } from "./abortable.ts";
import type { AirConnection, Arrival, CentralEnd } from "./air-connection.ts";
import { AirSubscription } from "./air-subscription.ts";

/** The strict link: it refuses, with `misuse`, whatever a driver may not do, so that no driver learns to do it. */
export class AirLink implements GattLink {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly bonded: boolean;
  readonly #connection: AirConnection;
  readonly #subscriptions: Map<number, AirSubscription>;

  constructor(connection: AirConnection, subscriptions: Map<number, AirSubscription>) {
    this.address = connection.path.peripheral.address;
    this.addressKind = connection.path.peripheral.addressKind;
    this.bonded = connection.bonded;
    this.#connection = connection;
    this.#subscriptions = subscriptions;
  }

  discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    return this.#during(signal, () => this.#connection.discover(signal));
  }

  read(characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array> {
    return this.#during(signal, () => {
      this.#requireProperty(characteristic, ["read"]);
      return this.#connection.read(characteristic.handle, signal);
    });
  }

  write(characteristic: GattCharacteristic, value: Uint8Array, signal: AbortSignal): Promise<void> {
    return this.#during(signal, () => {
      this.#requireProperty(characteristic, ["write"]);
      // The caller may use its buffer again at once.
      return this.#connection.write(characteristic.handle, value.slice(), signal);
    });
  }

  async subscribe(characteristic: GattCharacteristic, signal: AbortSignal): Promise<GattSubscription> {
    const { handle } = characteristic;
    const subscription = this.#newSubscription(handle);
    const configured = this.#during(signal, () => {
      this.#requireProperty(characteristic, ["notify", "indicate"]);
      if (this.#subscriptions.has(handle)) throw gattErrors.make("misuse", "the characteristic is subscribed to");
      // Before the request goes out, because the first value may overtake the answer.
      this.#subscriptions.set(handle, subscription);
      return this.#connection.configure(handle, true, signal);
    });
    try {
      await configured;
    } catch (error) {
      // Given up on the way, the request may still reach the device; then it is taken back.
      if (signal.aborted) void subscription.close();
      else if (this.#subscriptions.get(handle) === subscription) this.#subscriptions.delete(handle);
      throw error;
    }
    return subscription;
  }

  async close(): Promise<void> {
    this.#connection.close();
    for (const subscription of this.#subscriptions.values()) {
      if (gattErrors.is(this.#connection.ended.reason)) subscription.end(this.#connection.ended.reason);
    }
  }

  async #during<T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.#connection.ended.throwIfAborted();
    return await abortable(operation(), signal);
  }

  #newSubscription(handle: number): AirSubscription {
    const subscription = new AirSubscription({
      confirm: (confirm) => this.#connection.confirm(confirm),
      disable: async () => {
        if (this.#subscriptions.get(handle) === subscription) this.#subscriptions.delete(handle);
        const never = new AbortController();
        await this.#connection.configure(handle, false, never.signal).catch(() => undefined);
      },
    });
    return subscription;
  }

  #requireProperty(characteristic: GattCharacteristic, anyOf: readonly GattProperty[]): void {
    if (anyOf.some((property) => characteristic.properties.includes(property))) return;
    throw gattErrors.make("misuse", `the characteristic ${characteristic.uuid} does not declare ${anyOf.join(" or ")}`);
  }
}

/** What the air tells of a link goes to its subscriptions. */
export function linkEnd(subscriptions: ReadonlyMap<number, AirSubscription>): CentralEnd {
  return {
    room: async (handle) => await subscriptions.get(handle)?.room(),
    value: (arrival: Arrival) => subscriptions.get(arrival.handle)?.accept(arrival),
    lost: (reason) => {
      for (const subscription of subscriptions.values()) subscription.end(gattErrors.make("link-lost", reason));
    },
  };
}
