import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { abortable } from "../abortable.ts";
import type { AdvertisementInbox } from "../advertisement-inbox.ts";
import { CallOrder } from "../call-order.ts";
import { within } from "../within.ts";
import { type HciChoice, type HciInternals, hciInternals } from "./hci-internals.ts";
import { type HeardDevice, readDiscovery } from "./noble-advertisement.ts";
import {
  type AttemptPorts,
  attempt,
  type DeviceWatch,
  discoverTable,
  type NoblePatience,
  seek,
} from "./noble-attempt.ts";
import type { BindingsEvent, LoadedNoble, NobleBindings } from "./noble-bindings.ts";
import { NobleEvents } from "./noble-events.ts";
import { NobleLink } from "./noble-link.ts";
import { NobleScan } from "./noble-scan.ts";

export interface NobleAdapterPorts {
  readonly clock: Clock;
  readonly patience: NoblePatience;
  readonly choice: HciChoice;
  readonly powerChanged: (isPowered: boolean) => void;
}

/** A device that was heard so lately is taken to be there still. */
const freshMs = 1_000;
/** More devices than any room has; beyond it, noble's memory of them is cleared. */
const devicesMax = 1_024;
const disconnectMs = 5_000;

/** One adapter through noble: who is heard, and the links. */
export class NobleAdapter implements AttemptPorts {
  readonly bindings: NobleBindings;
  readonly internals: HciInternals | null;
  readonly clock: Clock;
  readonly patience: NoblePatience;
  readonly scan: NobleScan;
  readonly #ports: NobleAdapterPorts;
  readonly #events: NobleEvents;
  readonly #inboxes = new Set<AdvertisementInbox>();
  readonly #seekers = new Set<(device: HeardDevice) => void>();
  readonly #heard = new Map<string, { readonly device: HeardDevice; readonly atMs: number }>();
  readonly #links = new Map<string, NobleLink>();
  readonly #connected = new Set<string>();
  readonly #attempts = new CallOrder();
  readonly #attemptWaiters = new Set<() => void>();
  readonly #powerWaiters = new Set<() => void>();
  #isPowered = false;
  #gone = new AbortController();

  constructor({ bindings }: LoadedNoble, ports: NobleAdapterPorts) {
    this.bindings = bindings;
    this.clock = ports.clock;
    this.patience = ports.patience;
    this.#ports = ports;
    this.scan = new NobleScan(bindings);
    this.internals = hciInternals(bindings, ports.choice, {
      attError: (id, error) => this.#links.get(id)?.refused(error),
      attemptEnded: () => this.#attemptEnded(),
    });
    this.#events = new NobleEvents(bindings);
    this.#listen();
  }

  get isPowered(): boolean {
    return this.#isPowered;
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  isConnected(id: string): boolean {
    return this.#connected.has(id);
  }

  get links(): readonly NobleLink[] {
    return [...this.#links.values()];
  }

  /** Advertisements go into the inbox until the returned function is called. */
  hear(inbox: AdvertisementInbox): () => void {
    this.#inboxes.add(inbox);
    const unwant = this.scan.want();
    return () => {
      this.#inboxes.delete(inbox);
      unwant();
    };
  }

  async connect(address: string, signal: AbortSignal): Promise<NobleLink> {
    signal.throwIfAborted();
    const linking = this.#attempts.run(() => this.#link(address, signal));
    try {
      return await abortable(linking, signal);
    } catch (error) {
      // Given up on the way, the connection may still come about; then it is ended.
      if (signal.aborted) void linking.then((link) => link.close()).catch(() => undefined);
      throw error;
    }
  }

  /** Resolves when noble says that the link has ended, or when it should long have said so. Never rejects. */
  async disconnect(id: string): Promise<void> {
    if (!this.#connected.has(id)) return;
    const watch = this.watch(id);
    try {
      const never = new AbortController();
      const late = (): Error => gattErrors.make("operation-timeout", "noble did not say that the link has ended");
      await within({ clock: this.clock, durationMs: disconnectMs, signal: never.signal, late }, async (limit) => {
        this.bindings.disconnect(id);
        await abortable(watch.next("disconnect"), limit);
      });
    } catch {
      this.#disconnected(id, "the link was given up");
    } finally {
      watch.stop();
    }
  }

  /** Resolves when the adapter has power. Rejects with `adapter-absent`. */
  async power(durationMs: number, signal: AbortSignal): Promise<void> {
    if (this.#isPowered) return;
    const late = (): Error => gattErrors.make("adapter-absent", "the adapter has no power, or is not there");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#powerWaiters.add(resolve);
    try {
      await within({ clock: this.clock, durationMs, signal, late }, (limit) => abortable(promise, limit));
    } finally {
      this.#powerWaiters.delete(resolve);
    }
  }

  /** Ends what the adapter's users wait for; for good, or until it has power again. */
  fail(reason: string): void {
    this.#isPowered = false;
    this.scan.powered(false);
    const error = gattErrors.make("adapter-absent", reason);
    this.#gone.abort(error);
    for (const inbox of this.#inboxes) inbox.fail(error);
    for (const id of this.#connected) this.#disconnected(id, reason);
    this.#attemptEnded();
    this.#forgetDevices();
    this.internals?.forgetState();
  }

  /** No longer hears what noble says. */
  release(): void {
    this.#events.release();
  }

  watch(id: string): DeviceWatch {
    return this.#events.watch(id);
  }

  attemptEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#attemptWaiters.add(resolve);
    });
  }

  async heard(address: string, signal: AbortSignal): Promise<HeardDevice> {
    const known = this.#heard.get(address);
    if (known !== undefined && this.clock.monotonicMs() - known.atMs <= freshMs) return known.device;
    const found = Promise.withResolvers<HeardDevice>();
    const seeker = (device: HeardDevice): void => {
      if (device.advertisement.address === address) found.resolve(device);
    };
    this.#seekers.add(seeker);
    const unwant = this.scan.want();
    try {
      return await abortable(found.promise, signal);
    } finally {
      this.#seekers.delete(seeker);
      unwant();
    }
  }

  async #link(address: string, signal: AbortSignal): Promise<NobleLink> {
    signal.throwIfAborted();
    await this.power(this.patience.powerMs, signal);
    if (this.links.some((link) => link.address === address)) {
      throw gattErrors.make("connect-refused", "the device is connected already");
    }
    const device = await seek(this, address, signal);
    this.scan.pause(true);
    try {
      await attempt(this, device, signal);
    } finally {
      this.scan.pause(false);
      this.#heard.delete(address);
    }
    return await this.#begin(device, signal);
  }

  async #begin({ id, advertisement }: HeardDevice, signal: AbortSignal): Promise<NobleLink> {
    try {
      const table = await discoverTable(this, id, signal);
      const { address, addressKind } = advertisement;
      const ports = { bindings: this.bindings, clock: this.clock, disconnect: () => this.disconnect(id) };
      const link = new NobleLink(ports, { id, address, addressKind, table });
      this.#links.set(id, link);
      // It may have ended while the last answer was on its way here.
      if (!this.#connected.has(id)) this.#disconnected(id, "the link was lost at once");
      return link;
    } catch (error) {
      await this.disconnect(id);
      throw error;
    }
  }

  #listen(): void {
    const on = (event: BindingsEvent, act: (given: readonly unknown[]) => void): void => this.#events.on(event, act);
    on("stateChange", ([state]) => this.#powered(state === "poweredOn"));
    on("scanStart", () => this.scan.started());
    on("scanStop", () => this.scan.stopped());
    on("discover", (given) => this.#discovered(readDiscovery(given)));
    on("connect", ([id, error]) => {
      if (error === undefined || error === null) this.#connected.add(String(id));
    });
    on("disconnect", ([id]) => this.#disconnected(String(id), "the device or the air ended the link"));
    on("read", (given) => this.#news(given[4] === true ? "value" : "read", given));
    on("write", (given) => this.#news("write", given));
    on("notify", (given) => this.#news("notify", given));
  }

  #news(about: "read" | "write" | "notify" | "value", given: readonly unknown[]): void {
    const [id, service, characteristic, value, , errorOfRead] = given;
    const error = about === "read" ? errorOfRead : about === "write" ? value : about === "notify" ? given[4] : null;
    this.#links.get(String(id))?.hear({
      about,
      service: String(service),
      characteristic: String(characteristic),
      value: value instanceof Uint8Array ? Uint8Array.from(value) : null,
      error,
    });
  }

  #powered(isPowered: boolean): void {
    if (isPowered === this.#isPowered) return;
    if (!isPowered) this.fail("the adapter has no power, or is not there");
    this.#isPowered = isPowered;
    if (isPowered) this.#recover();
    this.#ports.powerChanged(isPowered);
  }

  #recover(): void {
    this.#gone = new AbortController();
    this.scan.powered(true);
    for (const resolve of this.#powerWaiters) resolve();
  }

  #discovered(device: HeardDevice | null): void {
    if (device === null) return;
    const { address } = device.advertisement;
    if (this.#heard.size >= devicesMax && !this.#heard.has(address)) this.#forgetDevices();
    this.#heard.set(address, { device, atMs: this.clock.monotonicMs() });
    for (const inbox of this.#inboxes) inbox.put(device.advertisement);
    for (const seeker of this.#seekers) seeker(device);
  }

  #disconnected(id: string, reason: string): void {
    this.#connected.delete(id);
    const link = this.#links.get(id);
    this.#links.delete(id);
    link?.lost(reason);
  }

  #attemptEnded(): void {
    for (const resolve of this.#attemptWaiters) resolve();
    this.#attemptWaiters.clear();
  }

  #forgetDevices(): void {
    this.#heard.clear();
    this.internals?.forgetDevices();
  }
}
