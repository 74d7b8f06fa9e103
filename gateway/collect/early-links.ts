import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Advertisement, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { connectDevice } from "./connect-device.ts";
import type { Visitee } from "./device-session.ts";
import { pause } from "./pause.ts";

export interface EarlyLinkPorts {
  readonly radio: Radio;
  readonly clock: Clock;
  readonly options: { readonly earlyLinksMax: number; readonly earlyLinkMs: number };
  /** One is open, and waits to be taken. */
  readonly onOpen: () => void;
  /** It could not be opened, or its time was up before its turn came. */
  readonly onGone: (address: string) => void;
}

interface Waiting {
  readonly advertisement: Advertisement;
  readonly isStranger: boolean;
  readonly over: AbortController;
  link: GattLink | null;
}

/**
 * Connections that are opened while another device is read. A cuff that is awake for two seconds stays awake while it is
 * connected, so its reading is not lost to a meter that takes minutes. They are few, and none waits for ever.
 */
export class EarlyLinks {
  readonly #ports: EarlyLinkPorts;
  /** In the order in which they were opened. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #working = new Set<Promise<void>>();

  constructor(ports: EarlyLinkPorts) {
    this.#ports = ports;
  }

  has(address: string): boolean {
    return this.#waiting.has(address);
  }

  /** Connects, if there is room. A device that was never read leaves a place for those that were. */
  open(advertisement: Advertisement, isStranger: boolean): void {
    const { earlyLinksMax } = this.#ports.options;
    const strangers = this.#waiting.values().filter((waiting) => waiting.isStranger);
    const strangersMax = Math.min(earlyLinksMax, Math.max(1, earlyLinksMax - 1));
    if (this.#waiting.size >= earlyLinksMax || this.has(advertisement.address)) return;
    if (isStranger && [...strangers].length >= strangersMax) return;
    const waiting: Waiting = { advertisement, isStranger, over: new AbortController(), link: null };
    this.#waiting.set(advertisement.address, waiting);
    const working = this.#keep(waiting);
    this.#working.add(working);
    void working.finally(() => this.#working.delete(working));
  }

  /** The device that has waited longest, connected; null if none is. The link is the caller's to close. */
  take(): Visitee | null {
    for (const [address, { advertisement, link, over }] of this.#waiting) {
      if (link === null) continue;
      this.#waiting.delete(address);
      over.abort();
      return { advertisement, link };
    }
    return null;
  }

  /** Ends all that wait. */
  async close(): Promise<void> {
    for (const { over } of this.#waiting.values()) over.abort();
    await Promise.all(this.#working);
  }

  /** Resolves when it was taken, or has ended. Never rejects. */
  async #keep(waiting: Waiting): Promise<void> {
    const { clock, options, onOpen, onGone } = this.#ports;
    const { over, advertisement } = waiting;
    const { address } = advertisement;
    const link = await connectDevice(this.#ports, address, over.signal).catch(() => null);
    if (link !== null && !over.signal.aborted) {
      waiting.link = link;
      onOpen();
      await pause(clock, options.earlyLinkMs, over.signal);
    }
    if (this.#waiting.get(address) !== waiting) return;
    this.#waiting.delete(address);
    await link?.close();
    if (!over.signal.aborted) onGone(address);
  }
}
