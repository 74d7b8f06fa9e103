import { busDaemon, openBluezBus } from "../../radio/bluez/bluez-bus.ts";
import type { BluezBus } from "../../radio/bluez/bluez-bus.ts";
import { DBusFailure, dbusErrors } from "../../radio/bluez/dbus-failure.ts";

/** What one look at bluetoothd found. */
export type BluezLook =
  | { readonly type: "no-bus" | "no-daemon" | "denied" | "no-answer" }
  | {
      readonly type: "up";
      /** Null where the bus does not tell. */
      readonly processId: number | null;
      readonly adapters: readonly BluezObject[];
      readonly devices: readonly BluezObject[];
    };

export interface BluezObject {
  readonly path: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A visit to bluetoothd that several checks share: it connects when the first of them asks, and looks once. */
export interface BluezVisit {
  look(signal: AbortSignal): Promise<BluezLook>;
  /** The paths of the devices that are heard meanwhile. Rejects with a `DBusFailure`. */
  hear(adapter: string, listenMs: number, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

const answerMsMax = 5_000;
const objectManager = "org.freedesktop.DBus.ObjectManager";

/** @param address of the bus; null for the system bus */
export function visitBluez(address: string | null): BluezVisit {
  let opening: Promise<BluezBus> | null = null;
  let looking: Promise<BluezLook> | null = null;
  const bus = (): Promise<BluezBus> => (opening ??= openBluezBus(address === null ? {} : { address }));
  return {
    look: (signal) => (looking ??= bus().then((opened) => look(opened, signal), noBus)),
    hear: async (adapter, listenMs, signal) => await hear(await bus(), { adapter, listenMs }, signal),
    close: async () => {
      const opened = await opening?.catch(() => null);
      await opened?.close();
    },
  };
}

function noBus(error: unknown): BluezLook {
  if (error instanceof DBusFailure) return { type: "no-bus" };
  throw error;
}

async function look(bus: BluezBus, signal: AbortSignal): Promise<BluezLook> {
  const ask = async (member: string, name: string): Promise<unknown> => {
    const request = { ...busDaemon, member, signature: "s", body: [name], timeoutMs: answerMsMax };
    return (await bus.call(request, signal).catch(nothingOf))[0];
  };
  const owner = await ask("GetNameOwner", "org.bluez");
  if (typeof owner !== "string") return { type: "no-daemon" };
  const processId = await ask("GetConnectionUnixProcessID", owner);
  const request = { destination: owner, path: "/", interface: objectManager, member: "GetManagedObjects" };
  try {
    const [managed] = await bus.call({ ...request, timeoutMs: answerMsMax }, signal);
    return {
      type: "up",
      processId: typeof processId === "number" ? processId : null,
      adapters: objectsOf(managed, "org.bluez.Adapter1"),
      devices: objectsOf(managed, "org.bluez.Device1"),
    };
  } catch (error) {
    if (!(error instanceof DBusFailure)) throw error;
    if (error.name === "org.freedesktop.DBus.Error.AccessDenied") return { type: "denied" };
    return { type: error.name === dbusErrors.noReply ? "no-answer" : "no-daemon" };
  }
}

function nothingOf(error: unknown): readonly unknown[] {
  if (error instanceof DBusFailure) return [];
  throw error;
}

function objectsOf(managed: unknown, interfaceName: string): readonly BluezObject[] {
  return Object.entries(recordOf(managed)).flatMap(([path, interfaces]) => {
    const properties = recordOf(interfaces)[interfaceName];
    return properties === undefined ? [] : [{ path, properties: recordOf(properties) }];
  });
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** A discovery of its own, which bluetoothd runs beside those of others and ends with the connection. */
async function hear(bus: BluezBus, { adapter, listenMs }: Hearing, signal: AbortSignal): Promise<number> {
  const heard = new Set<string>();
  const unhear = bus.onSignal(({ path, member, body }) => {
    const device = member === "InterfacesAdded" ? String(body[0]) : path;
    const isNews = member === "InterfacesAdded" || (member === "PropertiesChanged" && "RSSI" in recordOf(body[1]));
    // What is below a device, its services, is told of where a gateway connects to it meanwhile.
    const [, name = ""] = device.split(`${adapter}/`);
    if (isNews && /^dev_\w+$/.test(name)) heard.add(device);
  });
  const request = { path: adapter, interface: "org.bluez.Adapter1", timeoutMs: answerMsMax };
  try {
    await bus.call({ ...request, member: "StartDiscovery" }, signal);
    await elapsed(AbortSignal.any([signal, AbortSignal.timeout(listenMs)]));
    await bus.call({ ...request, member: "StopDiscovery" }, signal).catch(nothingOf);
    return heard.size;
  } finally {
    unhear();
  }
}

interface Hearing {
  readonly adapter: string;
  readonly listenMs: number;
}

function elapsed(over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) resolve();
    else over.addEventListener("abort", () => resolve(), { once: true });
  });
}
