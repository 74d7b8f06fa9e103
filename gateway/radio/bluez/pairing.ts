import { withinTime } from "../../../device-drivers/kit/guarded-link.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { Bond, PairingRequest, RadioEvent } from "../managed-radio.ts";
import { pairingErrors } from "../pairing-error.ts";
import type { PairingDialogue } from "../pairing.ts";
import { type AgentWindow, PairingAgent, untold } from "./agent.ts";
import { adapterFailure } from "./bluez-failure.ts";
import type { BluezObjects } from "./bluez-objects.ts";
import { bondOf, bondsOf, deviceAt, devicePath, watchBonds } from "./bonds.ts";
import { DBusFailure } from "./dbus-failure.ts";
import { variant } from "./dbus-connection.ts";
import { pairingFailure } from "./pairing-failure.ts";

/** What a radio over BlueZ does about bonds: the half of `ManagedRadio` that has nothing to do with GATT. */
export interface BluezPairing {
  pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond>;
  bonds(): readonly Bond[];
  /** Resolves with whether there was a bond. Rejects with `adapter-absent` if bluetoothd does not do it. */
  forget(address: string): Promise<boolean>;
  /** Breaks off a pairing that is under way, and takes the agent away. Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface BluezPairingComponents {
  readonly objects: BluezObjects;
  /** The adapter's object path, for example /org/bluez/hci0. */
  readonly adapter: string;
  readonly clock: Clock;
  /** Hears the adapter for as long as the work takes, so that bluetoothd knows the devices that are near. */
  readonly hearing: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told the path of a device that began to pair by itself, and was refused. */
  readonly refused: (device: string) => void;
  /** Takes `bond-made` and `bond-removed`. */
  readonly tell: (event: RadioEvent) => void;
}

/** The Security Manager gives up after 30 s without progress (Core Vol 3 Part H 3.4); connecting comes before that. */
const pairMsMax = 90_000;
const findMsMax = 15_000;
const setMsMax = 5_000;
const cancelMsMax = 5_000;

const deviceInterface = "org.bluez.Device1";

/** Makes our agent the default one, with `Pairable` off, and keeps it so: see `PairingAgent`. */
export async function bluezPairing(components: BluezPairingComponents): Promise<BluezPairing> {
  const pairing = new Pairing(components);
  await pairing.start();
  return pairing;
}

class Pairing implements BluezPairing {
  readonly #with: BluezPairingComponents;
  readonly #agent: PairingAgent;
  readonly #unwatch: readonly (() => void)[];
  readonly #closed = new AbortController();
  #current: Promise<unknown> | null = null;

  constructor(components: BluezPairingComponents) {
    const { objects, adapter } = components;
    this.#with = components;
    this.#agent = new PairingAgent(objects, adapter.slice(adapter.lastIndexOf("/") + 1), components.refused);
    // bluetoothd makes every adapter pairable when it gets a default agent, and when it starts with one.
    const unpair = objects.watch((change) => {
      const isPairable = objects.get(adapter, "org.bluez.Adapter1")?.["Pairable"] === true;
      const isOfAdapter = change.type === "daemon" || change.path === adapter;
      if (isPairable && isOfAdapter && this.#current === null) void this.#setPairable(false);
    });
    this.#unwatch = [unpair, watchBonds(objects, adapter, components)];
  }

  async start(): Promise<void> {
    if (this.#with.objects.daemon === "down") return;
    await this.#agent.register("no-input-no-output").catch(() => undefined);
    await this.#setPairable(false);
  }

  async pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    signal.throwIfAborted();
    this.#throwIfClosed();
    if (this.#current !== null) throw gattErrors.make("misuse", "this radio is pairing with a device already");
    const limit = AbortSignal.any([signal, this.#closed.signal]);
    const work = this.#pair(request, dialogue, limit);
    this.#current = work.catch(() => undefined).finally(() => (this.#current = null));
    return await work;
  }

  bonds(): readonly Bond[] {
    return [...bondsOf(this.#with.objects, this.#with.adapter).values()];
  }

  async forget(address: string): Promise<boolean> {
    const { objects, adapter } = this.#with;
    const path = deviceAt(objects, adapter, address);
    if (path === null) return false;
    const wasBonded = bondsOf(objects, adapter).has(path);
    await this.#remove(path);
    return wasBonded;
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(gattErrors.make("link-closed", "the radio was closed"));
    for (const unwatch of this.#unwatch) unwatch();
    await this.#current;
    await this.#agent.close();
  }

  async #pair({ address, io }: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    this.#throwIfAway();
    await this.forget(address);
    const device = await this.#find(address, signal);
    const window: AgentWindow = { device, dialogue, signal, story: untold() };
    try {
      await this.#agent.register(io);
      this.#agent.open(window);
      await this.#setPairable(true);
      await this.#ask(window);
      return await this.#settle(window);
    } catch (error) {
      await this.#remove(device).catch(() => undefined);
      signal.throwIfAborted();
      throw error instanceof DBusFailure ? pairingFailure(error, window.story) : error;
    } finally {
      this.#agent.shut();
      await this.#setPairable(false);
      // The link goes with it: a device advertises again only then, and so is found by its next session.
      await this.#call(device, { member: "Disconnect" }).catch(() => undefined);
    }
  }

  /** Waits until bluetoothd knows the device, which it does only of what it hears. */
  async #find(address: string, signal: AbortSignal): Promise<string> {
    const { objects, adapter, clock, hearing } = this.#with;
    const isKnown = (): boolean => deviceAt(objects, adapter, address) !== null;
    const wait = (bounded: AbortSignal): Promise<void> => hearing(() => objects.until(isKnown, bounded));
    try {
      await withinTime({ clock, limitMs: findMsMax, signal }, wait);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof DBusFailure) throw adapterFailure(cause);
      if (!gattErrors.is(cause, "operation-timeout")) throw cause;
      throw gattErrors.make("device-absent", "the device is not to be heard", { cause });
    }
    return deviceAt(objects, adapter, address) ?? devicePath(adapter, address);
  }

  /** Waits for bluetoothd's answer also when it is aborted: until it has come, a bond may still be made. */
  async #ask({ device, signal }: AgentWindow): Promise<void> {
    const { clock } = this.#with;
    const over = new AbortController();
    const cancel = (): void => {
      void this.#call(device, { member: "CancelPairing" }).catch(() => undefined);
      clock.sleep(cancelMsMax, over.signal).then(() => over.abort(signal.reason), ignore);
    };
    signal.addEventListener("abort", cancel, { once: true });
    try {
      await this.#call(device, { member: "Pair", timeoutMs: pairMsMax, signal: over.signal });
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", cancel);
      over.abort();
    }
  }

  /** Makes sure that there is a bond, and that the person wants it. */
  async #settle({ device, dialogue, signal, story }: AgentWindow): Promise<Bond> {
    const properties = this.#with.objects.get(device, deviceInterface);
    const bond = properties === null ? null : bondOf(properties);
    if (bond === null) throw pairingErrors.make("pairing-refused", "the device paired, but keeps no key");
    // For Just Works that we began bluetoothd asks nobody (src/adapter.c, user_confirm_request with a hint).
    if (story.method === null && !(await dialogue.authorise(signal))) {
      throw pairingErrors.make("pairing-refused", "the pairing was refused here");
    }
    signal.throwIfAborted();
    await this.#set(device, "Device1", { name: "Trusted", value: true });
    return bond;
  }

  async #remove(path: string): Promise<void> {
    const { objects, adapter } = this.#with;
    const request = { path: adapter, interface: "org.bluez.Adapter1", member: "RemoveDevice" };
    try {
      await objects.bus.call({ ...request, signature: "o", body: [path] }, objects.bus.ended);
    } catch (cause) {
      const isGone = cause instanceof DBusFailure && cause.name === "org.bluez.Error.DoesNotExist";
      if (!isGone) throw gattErrors.make("adapter-absent", "bluetoothd does not remove the device", { cause });
    }
  }

  async #setPairable(value: boolean): Promise<void> {
    await this.#set(this.#with.adapter, "Adapter1", { name: "Pairable", value }).catch(() => undefined);
  }

  async #set(path: string, of: string, property: { readonly name: string; readonly value: boolean }): Promise<void> {
    const { bus } = this.#with.objects;
    const body = [`org.bluez.${of}`, property.name, variant("b", property.value)];
    const request = { path, interface: "org.freedesktop.DBus.Properties", member: "Set", signature: "ssv", body };
    await bus.call({ ...request, timeoutMs: setMsMax }, bus.ended);
  }

  async #call(device: string, { member, timeoutMs = setMsMax, signal }: DeviceCall): Promise<void> {
    const { bus } = this.#with.objects;
    const request = { path: device, interface: deviceInterface, member, timeoutMs };
    await bus.call(request, signal ?? bus.ended);
  }

  #throwIfAway(): void {
    const { objects, adapter } = this.#with;
    const found = objects.get(adapter, "org.bluez.Adapter1");
    if (found?.["Powered"] === true) return;
    const said = found === null ? "there is no such Bluetooth adapter" : "the Bluetooth adapter is off";
    throw gattErrors.make("adapter-absent", said);
  }

  #throwIfClosed(): void {
    if (this.#closed.signal.aborted) throw gattErrors.make("adapter-absent", "the radio was closed");
  }
}

interface DeviceCall {
  readonly member: "Pair" | "CancelPairing" | "Disconnect";
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const ignore = (): void => undefined;
