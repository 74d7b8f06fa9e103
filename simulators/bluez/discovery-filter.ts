import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import { signatureOf, inVariant } from "./service-bus.ts";
import { longUuid } from "./uuid.ts";

/** A client's discovery filter (doc/adapter-api.txt, SetDiscoveryFilter). */
export interface DiscoveryFilter {
  readonly uuids: readonly string[];
  readonly rssi: number | null;
  readonly pathloss: number | null;
  readonly pattern: string | null;
  readonly transport: string;
}

/** The names that GetDiscoveryFilters tells, in its order, with their types. */
export const filterTypes: Readonly<Record<string, string>> = {
  UUIDs: "as",
  RSSI: "n",
  Pathloss: "q",
  Transport: "s",
  DuplicateData: "b",
  Discoverable: "b",
  Pattern: "s",
};

/** What the argument of SetDiscoveryFilter says; null for none, `invalid` for what the daemon refuses. */
export function parseFilter(argument: unknown): DiscoveryFilter | null | "invalid" {
  if (typeof argument !== "object" || argument === null) return "invalid";
  const entries = Object.entries(argument);
  if (entries.length === 0) return null;
  if (entries.some(([name, value]) => filterTypes[name] !== signatureOf(value))) return "invalid";
  const given = new Map(entries.map(([name, value]) => [name, inVariant(value, filterTypes[name] ?? "")]));
  const uuids = given.get("UUIDs") ?? [];
  const transport = textOf(given.get("Transport")) ?? "auto";
  const rssi = numberOf(given.get("RSSI"));
  const pathloss = numberOf(given.get("Pathloss"));
  const pattern = textOf(given.get("Pattern"));
  const isInvalid =
    !Array.isArray(uuids) ||
    !["auto", "le", "bredr"].includes(transport) ||
    (rssi !== null && (rssi < -127 || rssi > 20)) ||
    (pathloss !== null && pathloss > 137) ||
    (rssi !== null && pathloss !== null);
  if (isInvalid) return "invalid";
  return {
    uuids: uuids.map((uuid) => longUuid(String(uuid))),
    rssi,
    pathloss,
    pattern,
    transport,
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

/**
 * Would any of the clients hear of it? A client without a filter hears of everything, and where one wants everything of
 * a strength, all do (src/adapter.c, is_filter_match and device_is_discoverable).
 */
export function isWanted(filters: readonly (DiscoveryFilter | null)[], heard: Advertisement): boolean {
  const patterns = filters.flatMap((filter) => (filter?.pattern == null ? [] : [filter.pattern]));
  const isNamed = (pattern: string): boolean =>
    heard.address.startsWith(pattern) || (heard.name?.startsWith(pattern) ?? false);
  if (patterns.length > 0 && !patterns.some(isNamed)) return false;
  const services = new Set(heard.services.map(longUuid));
  return filters.some((filter) => {
    if (filter === null) return true;
    const isOfService = filter.uuids.length === 0 || filter.uuids.some((uuid) => services.has(uuid));
    return isOfService && (filter.rssi === null || filter.rssi <= heard.rssiDbm);
  });
}
