import { pairingErrors } from "../radio/pairing-error.ts";
import type { PairingDialogue } from "../radio/pairing.ts";
import { defaultWindowOptions, PairingWindow, type WindowComponents, type WindowOptions } from "./pairing-window.ts";
import { pairingWindowErrors } from "./pairing-window-error.ts";

/** Where pairing windows are opened: one at a time, for all who may ask. */
export class PairingDesk {
  readonly #with: WindowComponents;
  #window: PairingWindow | null = null;

  constructor(components: WindowComponents) {
    this.#with = components;
  }

  get isOpen(): boolean {
    return this.#window !== null && !this.#window.closed.aborted;
  }

  /**
   * Opens a window: until it closes, by success, by `close`, by the signal or in its time, one device may be paired.
   * @throws CarepostError `pairing-window-taken` if there is one; `pairing-unsupported` if the radio cannot pair at all
   */
  open(options: Partial<WindowOptions>, dialogue: PairingDialogue, signal: AbortSignal): PairingWindow {
    if (this.isOpen) throw pairingWindowErrors.make("pairing-window-taken", "a pairing window is open already");
    const radio = this.#with.active();
    if (radio.abilities.pairing.length === 0) {
      throw pairingErrors.make("pairing-unsupported", `the radio ${radio.kind} cannot pair on this machine`);
    }
    const window = new PairingWindow(this.#with, { ...defaultWindowOptions, ...options }, dialogue);
    this.#window = window;
    const shut = (): void => window.shut(pairingErrors.make("pairing-window-closed", "the pairing was broken off"));
    if (signal.aborted) shut();
    else signal.addEventListener("abort", shut, { once: true, signal: window.closed });
    return window;
  }
}
