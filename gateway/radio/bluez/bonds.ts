import type { Clock } from "../../../device-drivers/ports/clock.ts";
import type { Bond, RadioEvent } from "../managed-radio.ts";
import type { BluezObjects, Properties } from "./bluez-objects.ts";

const deviceInterface = "org.bluez.Device1";
const adapterInterface = "org.bluez.Adapter1";

/** How long after an adapter's return its devices may still be told of one by one. */
const returnMs = 2_000;

/** Where bluetoothd puts a device that it hears for the first time, and one that it has read from its disk. */
export const devicePath = (adapter: string, address: string): string =>
  `${adapter}/dev_${address.toUpperCase().replaceAll(":", "_")}`;

/**
 * Where bluetoothd has a device; null if it has none of this address. One that hides its address keeps, until bluetoothd
 * is started anew, the path of the private address under which it was paired, and has its identity as a property only.
 */
export function deviceAt(objects: BluezObjects, adapter: string, address: string): string | null {
  const wanted = address.toUpperCase();
  const isIt = (path: string): boolean => {
    const found = objects.get(path, deviceInterface)?.["Address"];
    return typeof found === "string" && found.toUpperCase() === wanted;
  };
  const usual = devicePath(adapter, address);
  return isIt(usual) ? usual : (objects.children(adapter).find(isIt) ?? null);
}

/** The devices of an adapter that are bonded, by their paths. */
export function bondsOf(objects: BluezObjects, adapter: string): ReadonlyMap<string, Bond> {
  const bonds = new Map<string, Bond>();
  for (const path of objects.children(adapter)) {
    const device = objects.get(path, deviceInterface);
    const bond = device === null ? null : bondOf(device);
    if (bond !== null) bonds.set(path, bond);
  }
  return bonds;
}

/** Null if the device is not bonded. `Bonded` is there from BlueZ 5.65 on; before it, `Paired` stands for both. */
export function bondOf(device: Properties): Bond | null {
  const { Address: address, AddressType: kind, Name: name } = device;
  const isBonded = device["Bonded"] ?? device["Paired"];
  if (isBonded !== true || typeof address !== "string") return null;
  return {
    address: address.toUpperCase(),
    addressKind: kind === "public" ? "public" : randomKind(address),
    name: typeof name === "string" ? name : null,
  };
}

/** Core Vol 6 Part B 1.3.2: the two most significant bits of a static address are ones. */
const randomKind = (address: string): Bond["addressKind"] =>
  Number.parseInt(address.slice(0, 2), 16) >= 0xc0 ? "random-static" : "random-private";

/**
 * Tells of bonds that come and go, whoever made or removed them. An adapter that is away, and a bluetoothd that is down,
 * has its devices' bonds on disk: what is missing then is missed only when they are back.
 * @returns what ends it
 */
export function watchBonds(
  objects: BluezObjects,
  adapter: string,
  { clock, tell }: { readonly clock: Clock; readonly tell: (event: RadioEvent) => void },
): () => void {
  const ended = new AbortController();
  let known = bondsOf(objects, adapter);
  let wasAway = objects.get(adapter, adapterInterface) === null;
  let isSettling = false;
  const compare = (): void => {
    const now = bondsOf(objects, adapter);
    const before = new Set([...known.values()].map(({ address }) => address));
    const after = new Set([...now.values()].map(({ address }) => address));
    for (const address of after) if (!before.has(address)) tell({ type: "bond-made", address });
    for (const address of before) if (!after.has(address)) tell({ type: "bond-removed", address });
    known = now;
  };
  const settle = async (): Promise<void> => {
    isSettling = true;
    await clock.sleep(returnMs, ended.signal).catch(() => undefined);
    isSettling = false;
    if (!ended.signal.aborted && !wasAway) compare();
  };
  const look = (): void => {
    const isAway = objects.get(adapter, adapterInterface) === null;
    const isBack = wasAway && !isAway;
    wasAway = isAway;
    if (isAway || isSettling) return;
    if (isBack) void settle();
    else compare();
  };
  const unwatch = objects.watch((change) => {
    const isOurs = change.type === "daemon" || change.path === adapter || change.path.startsWith(`${adapter}/`);
    if (isOurs && !isValueOnly(change)) look();
  });
  return () => {
    ended.abort();
    unwatch();
  };
}

/** Most changes are of signal strengths and values, many a second, and none of those is about a bond. */
function isValueOnly(change: Parameters<Parameters<BluezObjects["watch"]>[0]>[0]): boolean {
  if (change.type !== "changed") return false;
  return !("Bonded" in change.changed || "Paired" in change.changed || "Address" in change.changed);
}
