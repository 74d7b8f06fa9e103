import { setTimeout as sleep } from "node:timers/promises";
import { type BluezBus, type BusCall, busDaemon, type BusSignal } from "./bluez-bus.ts";

export type Properties = Readonly<Record<string, unknown>>;

export type ObjectChange =
  /** After "up" the mirror is whole; with "down" it is empty already. No object is told of one by one in between. */
  | { readonly type: "daemon"; readonly daemon: "up" | "down" }
  | { readonly type: "added" | "removed"; readonly path: string; readonly interfaces: readonly string[] }
  | {
      readonly type: "changed";
      readonly path: string;
      readonly interface: string;
      /** What was told, also where it is what it was before: a value that repeats itself is told again. */
      readonly changed: Properties;
      readonly invalidated: readonly string[];
    };

/**
 * A mirror of the objects that bluetoothd manages, in the order in which it tells of them: what a method's reply
 * depends on is here before the reply. Follows bluetoothd through its end and its return.
 */
export interface BluezObjects {
  readonly bus: BluezBus;
  readonly daemon: "up" | "down";
  /** The unique name of bluetoothd on the bus; null while it is down. */
  readonly owner: string | null;
  /** The properties of one interface of an object; null if there is none. A new record after each change. */
  get(path: string, interfaceName: string): Properties | null;
  /** The paths below `prefix`, at any depth, in the order of their paths. */
  children(prefix: string): readonly string[];
  /** Calls `listener` after each change. Returns what ends it. */
  watch(listener: (change: ObjectChange) => void): () => void;
  /**
   * Resolves when `predicate` holds, which is asked now and after each change.
   * Rejects with the signal's reason, or with a `DBusFailure` when the connection to the bus ends.
   */
  until(predicate: () => boolean, signal: AbortSignal): Promise<void>;
  /** Idempotent. Leaves the bus open. */
  close(): void;
}

const loadTimeoutMs = 5_000;
const loadAgainMs = 500;
const objectManager = "org.freedesktop.DBus.ObjectManager";
const bluez = "org.bluez";

/** Resolves when the objects of a bluetoothd that is up are here, or when it is known to be down, or has not answered once. */
export async function mirrorBluezObjects(bus: BluezBus): Promise<BluezObjects> {
  const mirror = new Mirror(bus);
  try {
    await mirror.load();
    return mirror;
  } catch (error) {
    mirror.close();
    throw error;
  }
}

class Mirror implements BluezObjects {
  readonly bus: BluezBus;
  readonly #objects = new Map<string, Map<string, Properties>>();
  readonly #listeners = new Set<(change: ObjectChange) => void>();
  readonly #unhear: () => void;
  /** Aborted when the bluetoothd that is being mirrored is no longer the one. */
  #generation = new AbortController();
  #owner: string | null = null;
  #daemon: "up" | "down" = "down";

  constructor(bus: BluezBus) {
    this.bus = bus;
    this.#unhear = bus.onSignal((signal) => this.#hear(signal));
  }

  get daemon(): "up" | "down" {
    return this.#daemon;
  }

  get owner(): string | null {
    return this.#owner;
  }

  get(path: string, interfaceName: string): Properties | null {
    return this.#objects.get(path)?.get(interfaceName) ?? null;
  }

  children(prefix: string): readonly string[] {
    const start = prefix.endsWith("/") ? prefix : `${prefix}/`;
    return [...this.#objects.keys()].filter((path) => path.startsWith(start)).toSorted();
  }

  watch(listener: (change: ObjectChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  until(predicate: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (predicate()) return resolve();
      if (this.bus.ended.aborted) return reject(this.bus.ended.reason);
      const done = (outcome: () => void): void => {
        unwatch();
        signal.removeEventListener("abort", abort);
        this.bus.ended.removeEventListener("abort", cut);
        outcome();
      };
      const abort = (): void => done(() => reject(signal.reason));
      const cut = (): void => done(() => reject(this.bus.ended.reason));
      const unwatch = this.watch(() => {
        if (predicate()) done(resolve);
      });
      signal.addEventListener("abort", abort, { once: true });
      this.bus.ended.addEventListener("abort", cut, { once: true });
    });
  }

  close(): void {
    this.#unhear();
    this.#generation.abort();
    this.#listeners.clear();
    this.#objects.clear();
  }

  /** Asks who bluetoothd is now. Later owners are told of by the bus. */
  async load(): Promise<void> {
    const { signal } = this.#generation;
    const request = { ...busDaemon, member: "GetNameOwner", signature: "s", body: [bluez] };
    const owner = await this.bus.call(request, signal).then(
      ([name]) => String(name),
      () => null,
    );
    this.bus.ended.throwIfAborted();
    if (owner !== null && !signal.aborted) await this.#follow(owner);
  }

  /**
   * The reply is as of when it was sent: what was told before it is in it, and what is told after it changes it.
   * Resolves when it has come, or was waited for once: a bluetoothd that hangs is asked again, and is down until it answers.
   */
  async #follow(owner: string): Promise<void> {
    this.#generation.abort();
    this.#generation = new AbortController();
    const { signal } = this.#generation;
    this.#owner = owner;
    const request: BusCall = {
      destination: owner,
      path: "/",
      interface: objectManager,
      member: "GetManagedObjects",
      timeoutMs: loadTimeoutMs,
      take: ([managed]) => this.#up(managed),
    };
    if (!(await this.#ask(request, signal))) void this.#askAgain(request, signal);
  }

  /** Resolves with whether there was an answer. */
  async #ask(request: BusCall, signal: AbortSignal): Promise<boolean> {
    return await this.bus.call(request, signal).then(
      () => true,
      () => false,
    );
  }

  async #askAgain(request: BusCall, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.bus.ended.aborted) {
      await sleep(loadAgainMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted && (await this.#ask(request, signal))) return;
    }
  }

  #up(managed: unknown): void {
    this.#objects.clear();
    for (const [path, interfaces] of entries(managed)) this.#add(path, interfaces);
    this.#daemon = "up";
    this.#tell({ type: "daemon", daemon: "up" });
  }

  #down(): void {
    this.#generation.abort();
    this.#generation = new AbortController();
    this.#owner = null;
    this.#objects.clear();
    if (this.#daemon === "down") return;
    this.#daemon = "down";
    this.#tell({ type: "daemon", daemon: "down" });
  }

  #hear({ sender, interface: interfaceName, member, path, body }: BusSignal): void {
    if (sender === busDaemon.destination && member === "NameOwnerChanged" && body[0] === bluez) {
      this.#down();
      if (typeof body[2] === "string" && body[2] !== "") void this.#follow(body[2]);
      // Anybody may send signals; only bluetoothd's are about its objects.
    } else if (sender === this.#owner && this.#daemon === "up") {
      if (interfaceName === objectManager) this.#manage(member, body);
      else if (interfaceName === "org.freedesktop.DBus.Properties" && member === "PropertiesChanged")
        this.#change(path, body);
    }
  }

  #manage(member: string, [path, what]: readonly unknown[]): void {
    if (typeof path !== "string") return;
    if (member === "InterfacesAdded") {
      this.#add(path, what);
      this.#tell({ type: "added", path, interfaces: entries(what).map(([name]) => name) });
    } else if (member === "InterfacesRemoved") {
      const interfaces = strings(what);
      const object = this.#objects.get(path);
      for (const name of interfaces) object?.delete(name);
      if (object?.size === 0) this.#objects.delete(path);
      this.#tell({ type: "removed", path, interfaces });
    }
  }

  #change(path: string, [name, changes, gone]: readonly unknown[]): void {
    const before = typeof name === "string" ? this.#objects.get(path)?.get(name) : undefined;
    // An object that was removed may be told of once more.
    if (typeof name !== "string" || before === undefined) return;
    const changed = Object.fromEntries(entries(changes));
    const invalidated = strings(gone);
    const after = Object.entries({ ...before, ...changed }).filter(([key]) => !invalidated.includes(key));
    this.#objects.get(path)?.set(name, Object.fromEntries(after));
    this.#tell({ type: "changed", path, interface: name, changed, invalidated });
  }

  #add(path: string, interfaces: unknown): void {
    const object = this.#objects.get(path) ?? new Map<string, Properties>();
    for (const [name, properties] of entries(interfaces)) object.set(name, Object.fromEntries(entries(properties)));
    this.#objects.set(path, object);
  }

  #tell(change: ObjectChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

const entries = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
