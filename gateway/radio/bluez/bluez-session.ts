import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink } from "../../../device-drivers/ports/gatt.ts";
import { abortable } from "../abortable.ts";
import { AdvertisementInbox } from "../advertisement-inbox.ts";
import type { RadioEvent } from "../managed-radio.ts";
import { addressKindOf, advertisementOf, isHeard } from "./bluez-advertisement.ts";
import { type ConnectionGround, type ConnectionTimes, disconnect, establish } from "./bluez-connection.ts";
import { BluezDiscovery } from "./bluez-discovery.ts";
import { adapterFailure } from "./bluez-failure.ts";
import { BluezLink } from "./bluez-link.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import type { BluezObjects, ObjectChange } from "./bluez-objects.ts";
import { deviceAt, devicePath } from "./bonds.ts";
import { DBusFailure } from "./dbus-failure.ts";
import { EarlyValues } from "./early-values.ts";
import { within } from "../within.ts";

export interface SessionGround {
  readonly objects: BluezObjects;
  readonly clock: Clock;
  /** The adapter's path. */
  readonly adapter: string;
  readonly times: ConnectionTimes;
  readonly operationTimeoutMs: number;
  readonly services: readonly string[] | null;
  readonly scanPeriodMs: number;
  readonly tell: (event: RadioEvent) => void;
}

/** Core Vol 4 Part E 7.7.65.2: the weakest that a controller reports. */
const unheardDbm = -127;

/** What is heard and connected through one adapter, while its place on the bus is the same. */
export class BluezSession {
  readonly discovery: BluezDiscovery;
  readonly #ground: SessionGround;
  readonly #inboxes = new Set<AdvertisementInbox>();
  /** By address: the link that holds a device, or what it is still being let go by. */
  readonly #held = new Map<string, Promise<void>>();
  readonly #links = new Set<BluezLink>();
  /** Paths of devices that are being connected to, and of those among them that have wanted a key already. */
  readonly #reaching = new Set<string>();
  readonly #refused = new Set<string>();
  /** By the device's path: what notified when its last link was lost. bluetoothd enables it again by itself. */
  readonly #left = new Map<string, readonly string[]>();
  readonly #unwatch: () => void;
  readonly #closed = new AbortController();

  constructor(ground: SessionGround) {
    this.#ground = ground;
    const { objects, clock, adapter, services, scanPeriodMs: periodMs } = ground;
    this.discovery = new BluezDiscovery(objects, { clock, adapter, services, periodMs });
    this.#unwatch = objects.watch((change) => this.#hear(change));
  }

  get isUp(): boolean {
    return this.#ground.objects.get(this.#ground.adapter, bluezInterfaces.adapter)?.["Powered"] === true;
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    this.#requireAdapter();
    const inbox = new AdvertisementInbox();
    this.#inboxes.add(inbox);
    try {
      await this.discovery.hear().catch((cause: unknown) => {
        throw adapterFailure(cause);
      });
      for (const device of this.#leftConnected()) inbox.put(device);
      try {
        yield* inbox.take(signal);
      } finally {
        await this.discovery.unhear();
      }
    } finally {
      this.#inboxes.delete(inbox);
    }
  }

  async connect(address: string, caller: AbortSignal): Promise<GattLink> {
    this.#requireAdapter();
    const signal = AbortSignal.any([caller, this.#closed.signal]);
    const { objects, adapter, clock, times } = this.#ground;
    const known = deviceAt(objects, adapter, address);
    const ground = { objects, clock, times, path: known ?? devicePath(adapter, address) };
    await this.#free(address, signal);
    const hold = Promise.withResolvers<void>();
    this.#hold(address, hold.promise);
    const early = new EarlyValues(objects, this.#left.get(ground.path) ?? []);
    try {
      if (known === null) await this.#find(address, signal);
      await this.#reach(ground, signal);
      const link = this.#link(ground, address, hold.resolve);
      early.end((path, value) => link.receive(path, value));
      return link;
    } catch (error) {
      early.end(() => undefined);
      void disconnect(ground).then(() => hold.resolve());
      throw this.#connectError(error, address, signal);
    }
  }

  /** The device at this path wanted a key, and nobody had allowed it one. */
  refused(path: string): void {
    if (this.#reaching.has(path)) this.#refused.add(path);
    for (const link of this.#links) if (link.isAt(path)) link.refuse();
  }

  /** Ends every link, every attempt at one and every hearing. Never rejects. */
  async close(): Promise<void> {
    this.#unwatch();
    this.#closed.abort(gattErrors.make("adapter-absent", "the radio was closed"));
    this.#endHearings("the radio was closed");
    await Promise.all([...this.#links].map((link) => link.close()));
    await Promise.all(this.#held.values());
    this.discovery.close();
  }

  /** A device that is being let go is waited for; one that is held by a link is refused. */
  async #free(address: string, signal: AbortSignal): Promise<void> {
    const isLinked = [...this.#links].some((link) => link.isOpen && link.address === address.toUpperCase());
    const held = this.#held.get(address.toUpperCase());
    if (isLinked) throw gattErrors.make("connect-refused", "there is a link to the device already");
    if (held === undefined) return;
    const { clock, times } = this.#ground;
    const late = (): Error => gattErrors.make("connect-refused", "the device is being connected to already");
    const bound = { clock, durationMs: times.disconnectTimeoutMs, signal, late };
    await within(bound, (inTime) => abortable(held, inTime));
    if (this.#held.has(address.toUpperCase())) throw late();
  }

  #hold(address: string, over: Promise<void>): void {
    const key = address.toUpperCase();
    const held = over.finally(() => {
      if (this.#held.get(key) === held) this.#held.delete(key);
    });
    this.#held.set(key, held);
  }

  async #reach(ground: ConnectionGround, signal: AbortSignal): Promise<void> {
    const goOn = await this.discovery.pause();
    this.#refused.delete(ground.path);
    this.#reaching.add(ground.path);
    try {
      await establish(ground, signal);
    } finally {
      this.#reaching.delete(ground.path);
      goOn();
    }
  }

  /**
   * bluetoothd keeps the connections of a program that was killed, and a device that is connected does not advertise: it
   * would not be heard before it ends the connection itself. So it is told of once, as one that is barely to be heard.
   * Other programs have connections too, as a keyboard's, and a controller that hangs never tells that one has ended.
   */
  #leftConnected(): readonly Advertisement[] {
    const { objects, adapter } = this.#ground;
    return objects.children(adapter).flatMap((path) => {
      const device = objects.get(path, bluezInterfaces.device);
      if (device?.["Connected"] !== true || this.#reaching.has(path)) return [];
      const left = advertisementOf({ RSSI: unheardDbm, ...device });
      return left === null || this.#held.has(left.address) ? [] : [{ ...left, isLeftConnected: true }];
    });
  }

  /** bluetoothd connects only to devices of which it has an object. */
  async #find(address: string, signal: AbortSignal): Promise<void> {
    const { objects, clock, adapter, times } = this.#ground;
    await this.discovery.hear();
    try {
      const late = (): Error => gattErrors.make("device-absent", "the device is not heard");
      const bound = { clock, durationMs: times.findTimeoutMs, signal, late };
      const isThere = (): boolean => deviceAt(objects, adapter, address) !== null || !this.isUp;
      await within(bound, (inTime) => objects.until(isThere, inTime));
      this.#requireAdapter();
    } finally {
      void this.discovery.unhear();
    }
  }

  #link(ground: ConnectionGround, address: string, letGo: () => void): BluezLink {
    const { objects, path } = ground;
    const device = objects.get(path, bluezInterfaces.device) ?? {};
    const link: BluezLink = new BluezLink({
      objects,
      path,
      address: address.toUpperCase(),
      addressKind: addressKindOf({ Address: address, ...device }),
      operationTimeoutMs: this.#ground.operationTimeoutMs,
      inherited: this.#left.get(path) ?? [],
      disconnect: () => disconnect(ground),
      ended: (left) => {
        this.#links.delete(link);
        if (left.length > 0 && link.bonded) this.#left.set(path, left);
        letGo();
      },
    });
    this.#left.delete(path);
    this.#links.add(link);
    link.start();
    // bluetoothd itself has read what wants a key, the battery's level, before there was a link.
    if (this.#refused.delete(path)) link.refuse();
    return link;
  }

  #connectError(error: unknown, address: string, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (gattErrors.is(error, "bond-lost")) this.#ground.tell({ type: "bond-refused", address: address.toUpperCase() });
    if (error instanceof DBusFailure || !this.isUp) return adapterFailure(error);
    return error;
  }

  #requireAdapter(): void {
    if (this.isUp) return;
    const said = this.#ground.objects.daemon === "up" ? "the adapter is off or away" : "bluetoothd does not run";
    throw gattErrors.make("adapter-absent", said);
  }

  #hear(change: ObjectChange): void {
    const { adapter, objects } = this.#ground;
    if (change.type === "daemon" || change.path === adapter) {
      if (!this.isUp) this.#lost();
    } else if (change.path.startsWith(`${adapter}/`)) {
      if (change.type === "removed" && change.interfaces.includes(bluezInterfaces.device))
        this.#left.delete(change.path);
      else if (this.#inboxes.size > 0 && isHeard(change)) this.#put(objects.get(change.path, bluezInterfaces.device));
    }
  }

  #put(device: Readonly<Record<string, unknown>> | null): void {
    const advertisement = device === null ? null : advertisementOf(device);
    if (advertisement !== null) for (const inbox of this.#inboxes) inbox.put(advertisement);
  }

  /** Links notice by their own devices, which go first. */
  #lost(): void {
    this.discovery.forget();
    this.#endHearings("the adapter is off or away");
    if (this.#ground.objects.daemon === "down") this.#left.clear();
  }

  #endHearings(said: string): void {
    for (const inbox of this.#inboxes) inbox.fail(gattErrors.make("adapter-absent", said));
  }
}
