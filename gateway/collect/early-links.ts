import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Advertisement, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { connectDevice } from "./connect-device.ts";
import type { Visitee } from "./device-session.ts";
import { pause } from "./pause.ts";

export interface EarlyLinkPorts {
  readonly radio: Radio;
  readonly clock: Clock;
  readonly options: { readonly earlyLinksMax: number; readonly earlyLinkMs: number };
  /** Somebody else uses the device. */
  readonly isTaken: (address: string) => boolean;
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
  /** Whoever took it closes it. */
  isTaken: boolean;
}

/**
 * Connections that are opened while another device is read. A cuff that is awake for two seconds stays awake while it is
 * connected, so its reading is not lost to a meter that takes minutes. They are few, and none waits for ever.
 */
export class EarlyLinks {
  readonly #ports: EarlyLinkPorts;
  /** In the order in which they were opened. */
  readonly #waiting = new Map<string, Waiting>();
  /** By address, also while a connection is being ended. */
  readonly #working = new Map<string, Promise<void>>();

  constructor(ports: EarlyLinkPorts) {
    this.#ports = ports;
  }

  has(address: string): boolean {
    return this.#waiting.has(address);
  }

  /** Does one of them wait to be taken? */
  get isAnyOpen(): boolean {
    return this.#waiting.values().some(({ link }) => link !== null);
  }

  /** Connects, if there is room. A device that was read before takes the place of one that never was. */
  open(advertisement: Advertisement, isStranger: boolean): void {
    const { address } = advertisement;
    if (this.#working.has(address) || this.#ports.isTaken(address)) return;
    const hasRoom = this.#waiting.size < this.#ports.options.earlyLinksMax;
    if (!hasRoom && (isStranger || !this.#dropStranger())) return;
    const waiting: Waiting = { advertisement, isStranger, over: new AbortController(), link: null, isTaken: false };
    this.#waiting.set(address, waiting);
    const working = this.#keep(waiting);
    this.#working.set(address, working);
    void working.finally(() => this.#working.delete(address));
  }

  /** Ends the connection to a device that waits, or the attempt at one. Resolves when that is done. */
  async letGo(address: string): Promise<void> {
    const waiting = this.#waiting.get(address);
    if (waiting !== undefined) this.#drop(waiting);
    await this.#working.get(address);
  }

  /** The device that has waited longest, connected; null if none is. The link is the caller's to close. */
  take(): Visitee | null {
    for (const waiting of this.#waiting.values()) {
      const { advertisement, link } = waiting;
      if (link === null) continue;
      waiting.isTaken = true;
      this.#drop(waiting);
      return { advertisement, link };
    }
    return null;
  }

  /** Ends all that wait. */
  async close(): Promise<void> {
    for (const waiting of this.#waiting.values()) this.#drop(waiting);
    await Promise.all(this.#working.values());
  }

  #dropStranger(): boolean {
    const stranger = this.#waiting.values().find(({ isStranger }) => isStranger);
    if (stranger !== undefined) this.#drop(stranger);
    return stranger !== undefined;
  }

  #drop(waiting: Waiting): void {
    this.#waiting.delete(waiting.advertisement.address);
    waiting.over.abort();
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
    if (waiting.isTaken) return;
    await link?.close();
    if (over.signal.aborted) return;
    this.#drop(waiting);
    onGone(address);
  }
}
