import type { BluezBus, BusCall, BusSignal } from "../../../../gateway/radio/bluez/bluez-bus.ts";
import { DBusFailure } from "../../../../gateway/radio/bluez/dbus-failure.ts";

type Answer = (call: BusCall) => readonly unknown[] | Promise<readonly unknown[]>;
type Interfaces = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const owner = ":1.7";
const objectManager = "org.freedesktop.DBus.ObjectManager";

/** A bus without a bus: bluetoothd's answers and signals are what the test says they are. */
export class CannedBluez implements BluezBus {
  /** "Connect /org/bluez/hci0/dev_X", in order. */
  readonly calls: string[] = [];
  readonly objects: Record<string, Interfaces> = {};
  /** By member; what has none is answered with nothing. */
  readonly answers: Record<string, Answer> = {};
  owner: string | null = owner;
  readonly #end = new AbortController();
  readonly #listeners = new Set<(signal: BusSignal) => void>();

  get ended(): AbortSignal {
    return this.#end.signal;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async call(request: BusCall, signal: AbortSignal): Promise<readonly unknown[]> {
    signal.throwIfAborted();
    this.calls.push(`${request.member} ${request.path}`);
    const answer = this.answers[request.member] ?? this.#usual(request);
    const reply = await this.#orAborted(
      Promise.resolve().then(() => answer(request)),
      signal,
    );
    request.take?.(reply);
    return reply;
  }

  onSignal(hear: (signal: BusSignal) => void): () => void {
    this.#listeners.add(hear);
    return () => void this.#listeners.delete(hear);
  }

  serve(): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    this.#end.abort(new DBusFailure("org.freedesktop.DBus.Error.Disconnected", "ended"));
    return Promise.resolve();
  }

  add(path: string, interfaces: Interfaces): void {
    this.objects[path] = interfaces;
    this.signal({ path: "/", interface: objectManager, member: "InterfacesAdded", body: [path, interfaces] });
  }

  remove(path: string): void {
    const gone = Object.keys(this.objects[path] ?? {});
    delete this.objects[path];
    this.signal({ path: "/", interface: objectManager, member: "InterfacesRemoved", body: [path, gone] });
  }

  change(path: string, interfaceName: string, changed: Readonly<Record<string, unknown>>): void {
    const object = this.objects[path] ?? {};
    this.objects[path] = { ...object, [interfaceName]: { ...object[interfaceName], ...changed } };
    this.#tellProperties(path, [interfaceName, changed, []]);
  }

  invalidate(path: string, interfaceName: string, property: string): void {
    this.#tellProperties(path, [interfaceName, {}, [property]]);
  }

  owns(name: string | null): void {
    const body = ["org.bluez", this.owner ?? "", name ?? ""];
    this.owner = name;
    const place = { path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus" };
    this.signal({ ...place, member: "NameOwnerChanged", body, sender: "org.freedesktop.DBus" });
  }

  signal(signal: Omit<BusSignal, "sender"> & { readonly sender?: string }): void {
    for (const hear of this.#listeners) hear({ sender: this.owner ?? owner, ...signal });
  }

  #tellProperties(path: string, body: readonly unknown[]): void {
    this.signal({ path, interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged", body });
  }

  #usual({ member }: BusCall): Answer {
    if (member === "GetNameOwner") {
      if (this.owner === null) throw new DBusFailure("org.freedesktop.DBus.Error.NameHasNoOwner", "nobody");
      return () => [this.owner];
    }
    return member === "GetManagedObjects" ? () => [structuredClone(this.objects)] : () => [];
  }

  #orAborted(work: Promise<readonly unknown[]>, signal: AbortSignal): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      work.then(resolve, reject);
    });
  }
}
