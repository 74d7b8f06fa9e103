import { abortable } from "../radio/abortable.ts";

/** Who may use a device now: one session or one pairing at a time. Devices are known by their address. */
export class DeviceTurns {
  readonly #busy = new Map<string, Promise<void>>();

  /** Null if somebody has it. Else what gives it back; to be called once. */
  tryTake(address: string): (() => void) | null {
    const key = address.toUpperCase();
    if (this.#busy.has(key)) return null;
    let giveBack = (): void => undefined;
    const free = new Promise<void>((resolve) => {
      giveBack = () => {
        this.#busy.delete(key);
        resolve();
      };
    });
    this.#busy.set(key, free);
    return giveBack;
  }

  /** Waits for it. Rejects with the signal's reason. */
  async take(address: string, signal: AbortSignal): Promise<() => void> {
    for (;;) {
      signal.throwIfAborted();
      const giveBack = this.tryTake(address);
      if (giveBack !== null) return giveBack;
      await abortable(this.#busy.get(address.toUpperCase()) ?? Promise.resolve(), signal);
    }
  }

  has(address: string): boolean {
    return this.#busy.has(address.toUpperCase());
  }
}
