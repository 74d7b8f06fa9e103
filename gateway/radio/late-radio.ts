import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink } from "../../device-drivers/ports/gatt.ts";
import type { Bond, ManagedRadio, PairingRequest, RadioAbilities, RadioEvent, RepairRung } from "./managed-radio.ts";
import type { PairingDialogue } from "./pairing.ts";
import { RadioEventFeed } from "./radio-event-feed.ts";

export interface LateRadioOptions {
  readonly kind: ManagedRadio["kind"];
  /** What the adapter is called until it has told its own name. */
  readonly adapter: string;
  readonly open: () => Promise<ManagedRadio>;
}

/**
 * Opens a radio; if its adapter is absent, resolves all the same with one that tries again whenever it is used, and
 * rejects with `adapter-absent` until then: a gateway starts, and delivers what it has, before its dongle is plugged in.
 * Rejects as `open` does with anything else.
 */
export async function openEarlyOrLate(options: LateRadioOptions): Promise<ManagedRadio> {
  try {
    return await options.open();
  } catch (error) {
    if (!gattErrors.is(error, "adapter-absent")) throw error;
    return new LateRadio(options);
  }
}

class LateRadio implements ManagedRadio {
  readonly #options: LateRadioOptions;
  readonly #feed = new RadioEventFeed();
  #opening: Promise<ManagedRadio> | null = null;
  #radio: ManagedRadio | null = null;
  /** Ends the pumping of the radio's own events. */
  #closed = new AbortController();

  constructor(options: LateRadioOptions) {
    this.#options = options;
  }

  get kind(): ManagedRadio["kind"] {
    return this.#options.kind;
  }

  get adapter(): string {
    return this.#radio?.adapter ?? this.#options.adapter;
  }

  get abilities(): RadioAbilities {
    return this.#radio?.abilities ?? { pairing: [], holdsConfirmations: false };
  }

  get rungs(): readonly RepairRung[] {
    return this.#radio?.rungs ?? [];
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    if (signal.aborted) return;
    const radio = await this.#open();
    yield* radio.advertisements(signal);
  }

  async connect(address: string, signal: AbortSignal): Promise<GattLink> {
    signal.throwIfAborted();
    const radio = await this.#open();
    return await radio.connect(address, signal);
  }

  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    return this.#feed.events(signal);
  }

  async pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    signal.throwIfAborted();
    const radio = await this.#open();
    return await radio.pair(request, dialogue, signal);
  }

  async bonds(): Promise<readonly Bond[]> {
    const radio = await this.#open();
    return await radio.bonds();
  }

  async forget(address: string): Promise<boolean> {
    const radio = await this.#open();
    return await radio.forget(address);
  }

  async repair(rung: RepairRung, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const radio = await this.#open();
    await radio.repair(rung, signal);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#closed = new AbortController();
    const radio = this.#radio ?? (await this.#opening?.catch(() => null));
    this.#radio = null;
    this.#opening = null;
    await radio?.close();
  }

  /** One attempt at a time, whoever asks. */
  async #open(): Promise<ManagedRadio> {
    if (this.#radio !== null) return this.#radio;
    this.#opening ??= this.#options.open();
    const opening = this.#opening;
    try {
      const radio = await opening;
      if (this.#opening === opening) this.#adopt(radio);
      return radio;
    } finally {
      if (this.#opening === opening) this.#opening = null;
    }
  }

  #adopt(radio: ManagedRadio): void {
    this.#radio = radio;
    const { signal } = this.#closed;
    const pump = async (): Promise<void> => {
      for await (const event of radio.events(signal)) this.#feed.tell(event);
    };
    void pump();
    this.#feed.tell({ type: "adapter-back" });
  }
}
