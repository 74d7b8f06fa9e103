import type { DevicePerson } from "../../../simulators/bluetooth/bluetooth-front.ts";

/** Somebody who holds the devices and types at one what the gateway shows, when the scenario says so. */
export class TypedPasskeys {
  readonly #waiting = new Map<string, PromiseWithResolvers<number | null>>();

  readonly person: Partial<DevicePerson> = {
    enterPasskey: async (address, signal) => {
      const typed = this.#at(address);
      signal.addEventListener("abort", () => typed.resolve(null), { once: true });
      const passkey = await typed.promise;
      this.#waiting.delete(address);
      return passkey;
    },
  };

  type(address: string, passkey: number): void {
    this.#at(address).resolve(passkey);
  }

  /** The digits may be shown before the device asks for them, or after. */
  #at(address: string): PromiseWithResolvers<number | null> {
    const waiting = this.#waiting.get(address) ?? Promise.withResolvers<number | null>();
    this.#waiting.set(address, waiting);
    return waiting;
  }
}
