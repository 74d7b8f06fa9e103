import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { RadioEvent } from "../managed-radio.ts";
import { type BluezAdapter, chooseAdapter, type Presence, setPowered, tellPresence } from "./bluez-adapters.ts";
import { type BluezBus, openBluezBus } from "./bluez-bus.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import { type BluezObjects, mirrorBluezObjects } from "./bluez-objects.ts";

export interface KeeperGround<Work> {
  /** The D-Bus address; null for the system bus. */
  readonly busAddress: string | null;
  readonly clock: Clock;
  /** The adapter's name or address; null for the first that is powered. */
  readonly wanted: string | null;
  readonly tell: (event: RadioEvent) => void;
  /** Begins what is done through an adapter, for as long as it has this path. */
  readonly begin: (objects: BluezObjects, adapter: BluezAdapter) => Promise<Work>;
}

/** Between two attempts to reach a message bus that is gone. */
const reopenMs = 5_000;

/** Keeps a radio's work going through the end of the message bus, and through an adapter that comes back under another name. */
export class BluezKeeper<Work extends { close(): Promise<void> }> {
  readonly #ground: KeeperGround<Work>;
  readonly #closed = new AbortController();
  readonly #attempted = Promise.withResolvers<void>();
  readonly #running: Promise<void>;
  readonly #presence: Presence = { daemon: null, isAdapterThere: null };
  #address: string | null = null;
  #objects: BluezObjects | null = null;
  #work: Work | null = null;

  constructor(ground: KeeperGround<Work>) {
    this.#ground = ground;
    this.#running = this.#run();
  }

  /** Resolves once the first attempt to find the adapter has been made. */
  get attempted(): Promise<void> {
    return this.#attempted.promise;
  }

  /** Null while there is no bus, or has not been an adapter. */
  get work(): Work | null {
    return this.#work;
  }

  get objects(): BluezObjects | null {
    return this.#objects;
  }

  /** Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#closed.abort(new Error("the radio was closed"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { busAddress, clock } = this.#ground;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const bus = await openBluezBus(busAddress === null ? {} : { address: busAddress }).catch(() => null);
      if (bus !== null) await this.#serve(bus);
      this.#attempted.resolve();
      if (signal.aborted) return;
      this.#tell();
      await clock.sleep(reopenMs, signal).catch(() => undefined);
    }
  }

  /** Resolves when the bus has ended, or the keeper was closed. */
  async #serve(bus: BluezBus): Promise<void> {
    let unwatch = (): void => undefined;
    try {
      const objects = await mirrorBluezObjects(bus);
      this.#objects = objects;
      this.#tell();
      unwatch = objects.watch((change) => {
        if (change.type === "daemon" || change.path === this.#choose()?.path || change.type === "removed") this.#tell();
      });
      while (!this.#closed.signal.aborted) await this.#workWith(objects);
    } catch {
      // The bus has ended, or the keeper was closed; either is seen by the caller.
    } finally {
      unwatch();
      this.#objects?.close();
      this.#objects = null;
      await bus.close();
    }
  }

  /** Resolves when the adapter has another path. */
  async #workWith(objects: BluezObjects): Promise<void> {
    const { signal } = this.#closed;
    if (this.#choose() === null) this.#attempted.resolve();
    await objects.until(() => this.#choose() !== null, signal);
    const adapter = this.#choose();
    if (adapter === null) return;
    this.#address = adapter.address;
    const unpower = this.#keepPowered(objects, adapter.path);
    try {
      if (!adapter.isPowered) await setPowered(objects, adapter.path, true).catch(() => undefined);
      this.#work = await this.#ground.begin(objects, adapter);
      this.#attempted.resolve();
      await objects.until(() => (this.#choose()?.path ?? adapter.path) !== adapter.path, signal);
    } finally {
      unpower();
      const work = this.#work;
      this.#work = null;
      await work?.close();
    }
  }

  /** An adapter that was plugged in anew is off where bluetoothd is not set up to power it (AutoEnable). */
  #keepPowered(objects: BluezObjects, path: string): () => void {
    return objects.watch((change) => {
      const isNew = change.type === "daemon" || (change.type === "added" && change.path === path);
      const adapter = objects.get(path, bluezInterfaces.adapter);
      if (isNew && adapter?.["Powered"] === false) void setPowered(objects, path, true).catch(() => undefined);
    });
  }

  #choose(): BluezAdapter | null {
    return this.#objects === null ? null : chooseAdapter(this.#objects, this.#address ?? this.#ground.wanted);
  }

  #tell(): void {
    const wanted = this.#address ?? this.#ground.wanted;
    tellPresence(this.#presence, { objects: this.#objects, wanted }, this.#ground.tell);
  }
}
