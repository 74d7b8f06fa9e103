import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import type { BluezObjects } from "./bluez-objects.ts";
import { bluezUuid } from "./bluez-uuid.ts";
import { CallOrder } from "../call-order.ts";
import { variant } from "./dbus-connection.ts";
import { DBusFailure } from "./dbus-failure.ts";

export interface DiscoveryOptions {
  readonly clock: Clock;
  /** The adapter's path. */
  readonly adapter: string;
  /**
   * Only devices that advertise one of these; null for all. Many cuffs advertise no service, and a device that has been
   * paired is known by its address: so a filter is for places where strangers by the thousand would be heard otherwise.
   */
  readonly services: readonly string[] | null;
  /** How long it is heard before hearing begins anew. */
  readonly periodMs: number;
}

/**
 * Our part in the adapter's discovery: on while anybody hears, off while anybody connects.
 *
 * Off, because the kernel begins a connection only when its round of scanning is over: up to 10 s later, against 40 ms.
 * Anew each period, because a controller reports a device only once in a round, and a round lasts for 10 s: a device that
 * sleeps and wakes again within it would not be heard, and one that stays only every 10 s. Begun anew, the scan rests for
 * some milliseconds. (As seen on Linux 6.12 with BlueZ 5.66.)
 */
export class BluezDiscovery {
  readonly #objects: BluezObjects;
  readonly #options: DiscoveryOptions;
  readonly #order = new CallOrder();
  readonly #closed = new AbortController();
  #hearers = 0;
  #pauses = 0;
  #isOn = false;
  #round = new AbortController();

  constructor(objects: BluezObjects, options: DiscoveryOptions) {
    this.#objects = objects;
    this.#options = options;
  }

  /** Resolves when discovery is on, or will be once a connection is made. Rejects with a `DBusFailure`. */
  async hear(): Promise<void> {
    this.#hearers += 1;
    try {
      await this.#settle();
    } catch (error) {
      this.#hearers -= 1;
      throw error;
    }
  }

  /** The counterpart of a `hear` that resolved. Never rejects. */
  async unhear(): Promise<void> {
    this.#hearers -= 1;
    await this.#settle().catch(() => undefined);
  }

  /** Resolves when discovery is off, with what lets it go on. Never rejects. */
  async pause(): Promise<() => void> {
    this.#pauses += 1;
    await this.#settle().catch(() => undefined);
    let isPaused = true;
    return () => {
      if (!isPaused) return;
      isPaused = false;
      this.#pauses -= 1;
      void this.#goOn();
    };
  }

  /** Stops and starts it. Rejects with a `DBusFailure` if it does not start. */
  async restart(): Promise<void> {
    await this.#order.run(() => this.#stop());
    await this.#settle();
  }

  /** The adapter or bluetoothd has gone, and our discovery with it. */
  forget(): void {
    this.#isOn = false;
    this.#round.abort();
  }

  close(): void {
    this.#closed.abort(new DBusFailure("org.bluez.Error.Failed", "the radio is closed"));
    this.forget();
  }

  get #isWanted(): boolean {
    return this.#hearers > 0 && this.#pauses === 0;
  }

  #settle(): Promise<void> {
    return this.#order.run(async () => {
      if (this.#isWanted && !this.#isOn) await this.#start();
      else if (!this.#isWanted && this.#isOn) await this.#stop();
    });
  }

  async #start(): Promise<void> {
    const { services } = this.#options;
    const filter = {
      Transport: variant("s", "le"),
      DuplicateData: variant("b", true),
      ...(services === null ? {} : { UUIDs: variant("as", services.map(bluezUuid)) }),
    };
    await this.#call("SetDiscoveryFilter", "a{sv}", [filter]);
    try {
      await this.#call("StartDiscovery");
    } catch (error) {
      // It is on already: an earlier start was answered too late.
      if (!(error instanceof DBusFailure && error.name === "org.bluez.Error.InProgress")) throw error;
    }
    this.#isOn = true;
    this.#round = new AbortController();
    void this.#renew(this.#round.signal);
  }

  async #stop(): Promise<void> {
    this.forget();
    // It fails where there was none, and then all is well.
    await this.#call("StopDiscovery").catch(() => undefined);
  }

  async #renew(round: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(this.#options.periodMs, round).catch(() => undefined);
    if (round.aborted || !this.#isWanted) return;
    await this.#order.run(() => this.#stop());
    await this.#goOn();
  }

  /** Never rejects. What bluetoothd is too slow for is tried again: no change of the adapter would tell of it. */
  async #goOn(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const isSettled = await this.#settle().then(
        () => true,
        () => !this.#isWanted,
      );
      if (isSettled) return;
      await this.#options.clock.sleep(this.#options.periodMs, this.#closed.signal).catch(() => undefined);
    }
  }

  async #call(member: string, signature = "", body: readonly unknown[] = []): Promise<void> {
    const { adapter: path } = this.#options;
    const request = { path, interface: bluezInterfaces.adapter, member, signature, body, timeoutMs: 10_000 };
    await this.#objects.bus.call(request, this.#closed.signal);
  }
}
