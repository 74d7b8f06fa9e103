import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { VirtualAir } from "../air/virtual-air.ts";
import { type Answer, bluezErrors, done, failed, refuse } from "./bluez-answer.ts";
import { type DiscoveryFilter, isWanted, parseFilter } from "./discovery-filter.ts";

/** The kernel scans for so long, and bluetoothd rests so long before it lets it scan again. */
const scanWindowMs = 10_240;
const scanRestMs = 5_000;

export interface DiscoveryPorts {
  readonly air: VirtualAir;
  readonly clock: Clock;
  /** Does the radio hear nothing just now? */
  isDeaf(): boolean;
  heard(advertisement: Advertisement): void;
  /** Discovery has begun or ended. */
  changed(): void;
}

/**
 * The discovery sessions of an adapter, one for each client (src/adapter.c, start_discovery to discovery_remove). Within
 * one window of scanning the controller reports a device once, as those with a duplicate filter do.
 */
export class Discovery {
  readonly #ports: DiscoveryPorts;
  readonly #sessions = new Set<string>();
  readonly #filters = new Map<string, DiscoveryFilter>();
  #scan: AbortController | null = null;
  #holders = 0;
  readonly #seen = new Set<string>();

  constructor(ports: DiscoveryPorts) {
    this.#ports = ports;
  }

  get isOn(): boolean {
    return this.#sessions.size > 0;
  }

  /** Has a client that discovers set a filter? */
  get isFiltered(): boolean {
    return [...this.#sessions].some((client) => this.#filters.has(client));
  }

  start(client: string): Answer {
    if (this.#sessions.has(client)) return refuse(bluezErrors.busy);
    this.#sessions.add(client);
    // A filter that differs lets the scan begin anew.
    this.#rescan();
    if (this.#sessions.size === 1) this.#ports.changed();
    return done;
  }

  stop(client: string): Answer {
    if (!this.#sessions.delete(client)) return refuse(failed("No discovery started"));
    this.#settle();
    return done;
  }

  setFilter(client: string, argument: unknown): Answer {
    const filter = parseFilter(argument);
    if (filter === "invalid") return refuse(bluezErrors.invalidArguments);
    if (filter === null) this.#filters.delete(client);
    else this.#filters.set(client, filter);
    if (this.#sessions.has(client)) this.#rescan();
    return done;
  }

  left(client: string): void {
    this.#filters.delete(client);
    if (this.#sessions.delete(client)) this.#settle();
  }

  /** Every session ends: the adapter is off, or gone. The caller tells of it. */
  end(): void {
    this.#sessions.clear();
    this.#filters.clear();
    this.#scan?.abort();
    this.#scan = null;
  }

  /** No scan runs while the kernel connects. Returns what lets it go on. */
  hold(): () => void {
    this.#holders += 1;
    return () => {
      this.#holders -= 1;
    };
  }

  /** A scan that is under way is not broken off for a connection, which has to wait. */
  async windowEnd(signal: AbortSignal): Promise<void> {
    const scan = this.#scan;
    if (scan === null) return;
    const ended = AbortSignal.any([scan.signal, signal]);
    await this.#ports.clock.sleep(scanWindowMs, ended).catch(() => undefined);
    signal.throwIfAborted();
  }

  #settle(): void {
    if (this.isOn) return;
    this.#scan?.abort();
    this.#scan = null;
    this.#ports.changed();
  }

  #rescan(): void {
    this.#scan?.abort();
    const scan = new AbortController();
    this.#scan = scan;
    this.#seen.clear();
    // The first report comes after the reply to whoever has asked for it.
    setImmediate(() => void this.#ports.air.listen((heard) => this.#hear(heard), scan.signal).catch(() => undefined));
    void this.#turn(scan.signal).catch(() => undefined);
  }

  /** Windows of scanning, and rests between them: when a rest ends, every device is news again. */
  async #turn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#ports.clock.sleep(scanWindowMs, signal);
      this.#holders += 1;
      try {
        await this.#ports.clock.sleep(scanRestMs, signal);
      } finally {
        this.#holders -= 1;
      }
      this.#seen.clear();
    }
  }

  #hear(heard: Advertisement): void {
    if (this.#holders > 0 || this.#ports.isDeaf() || this.#seen.has(heard.address)) return;
    const filters = [...this.#sessions].map((client) => this.#filters.get(client) ?? null);
    if (!isWanted(filters, heard)) return;
    this.#seen.add(heard.address);
    this.#ports.heard(heard);
  }
}
