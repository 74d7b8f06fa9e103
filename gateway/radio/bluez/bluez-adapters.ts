import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { RadioEvent } from "../managed-radio.ts";
import { adapterFailure } from "./bluez-failure.ts";
import { bluezInterfaces } from "./bluez-names.ts";
import type { BluezObjects } from "./bluez-objects.ts";
import { variant } from "./dbus-connection.ts";
import { within } from "../within.ts";

export interface BluezAdapter {
  /** Its object's path; the last part of it is its name, for example `hci0`. */
  readonly path: string;
  readonly name: string;
  /** Upper case. It stays the same when the adapter is plugged in anew, which its name may not. */
  readonly address: string;
  readonly isPowered: boolean;
}

export function adaptersOf(objects: BluezObjects): readonly BluezAdapter[] {
  return objects.children("/org/bluez").flatMap((path) => {
    const properties = objects.get(path, bluezInterfaces.adapter);
    if (properties === null) return [];
    const address = String(properties["Address"]).toUpperCase();
    return [{ path, name: path.slice(path.lastIndexOf("/") + 1), address, isPowered: properties["Powered"] === true }];
  });
}

/** @param wanted a name, an address, or null for the first that is powered, else the first */
export function chooseAdapter(objects: BluezObjects, wanted: string | null): BluezAdapter | null {
  const adapters = adaptersOf(objects);
  if (wanted === null) return adapters.find(({ isPowered }) => isPowered) ?? adapters[0] ?? null;
  return adapters.find(({ name, address }) => name === wanted || address === wanted.toUpperCase()) ?? null;
}

const powerTimeoutMs = 10_000;

/** Resolves when it is so. Rejects with `adapter-absent`, for example when rfkill forbids it. */
export async function setPowered(objects: BluezObjects, path: string, powered: boolean): Promise<void> {
  try {
    const body = [bluezInterfaces.adapter, "Powered", variant("b", powered)];
    const request = { path, interface: bluezInterfaces.properties, member: "Set", signature: "ssv", body };
    await objects.bus.call({ ...request, timeoutMs: powerTimeoutMs }, objects.bus.ended);
  } catch (cause) {
    throw adapterFailure(cause);
  }
}

/** Resolves when the adapter is there, or powered, as asked. Rejects with `adapter-absent` when it is too late. */
export async function adapterReady(objects: BluezObjects, bound: AdapterBound): Promise<void> {
  const late = (): Error => gattErrors.make("adapter-absent", "the adapter does not come back");
  const isReady = (): boolean => objects.get(bound.path, bluezInterfaces.adapter)?.["Powered"] === true;
  await within({ ...bound, late }, (inTime) => objects.until(isReady, inTime));
}

interface AdapterBound {
  readonly path: string;
  readonly clock: Clock;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** What was last told of a radio's surroundings; null before anything was. */
export interface Presence {
  daemon: "up" | "down" | null;
  isAdapterThere: boolean | null;
}

/**
 * Tells when bluetoothd, or the adapter under it, goes and comes back: whatever differs from what was told last.
 * @param objects null if there is no message bus
 */
export function tellPresence(
  last: Presence,
  { objects, wanted }: { readonly objects: BluezObjects | null; readonly wanted: string | null },
  tell: (event: RadioEvent) => void,
): void {
  const daemon = objects?.daemon ?? "down";
  if (last.daemon !== daemon && last.daemon !== null) {
    tell({ type: daemon === "up" ? "daemon-back" : "daemon-gone" });
    // Of an adapter under a daemon that is gone nothing is known; it is told of when the daemon is back.
    last.isAdapterThere = true;
  }
  last.daemon = daemon;
  if (objects === null || daemon === "down") return;
  const isThere = chooseAdapter(objects, wanted)?.isPowered ?? false;
  if (last.isAdapterThere !== isThere && last.isAdapterThere !== null) {
    tell({ type: isThere ? "adapter-back" : "adapter-gone" });
  }
  last.isAdapterThere = isThere;
}
