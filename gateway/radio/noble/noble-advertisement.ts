import type { Advertisement } from "../../../device-drivers/ports/gatt.ts";
import { fieldOf } from "./noble-bindings.ts";
import { portUuid } from "./noble-uuid.ts";

export interface HeardDevice {
  /** What noble calls it: its address without colons, or what the operating system gives instead. */
  readonly id: string;
  readonly advertisement: Advertisement;
}

/** The arguments of `discover`, or null where they are not what they should be. */
export function readDiscovery(given: readonly unknown[]): HeardDevice | null {
  const [id, address, addressKind, , advertisement, rssiDbm] = given;
  if (typeof id !== "string" || typeof rssiDbm !== "number") return null;
  const name = fieldOf(advertisement, "localName");
  const services = fieldOf(advertisement, "serviceUuids");
  const manufacturerData = readManufacturerData(fieldOf(advertisement, "manufacturerData"));
  const known = typeof address === "string" && address !== "" ? address.toUpperCase() : id.toUpperCase();
  return {
    id,
    advertisement: {
      address: known,
      addressKind: addressKindOf(addressKind, known),
      name: typeof name === "string" ? name : null,
      services: Array.isArray(services) ? services.filter((uuid) => typeof uuid === "string").map(portUuid) : [],
      ...(manufacturerData === null ? {} : { manufacturerData }),
      rssiDbm,
    },
  };
}

/** A random address with its two highest bits set is static (Core Vol 6 Part B 1.3.2.1). */
function addressKindOf(kind: unknown, address: string): Advertisement["addressKind"] {
  if (kind === "public") return "public";
  return Number.parseInt(address.slice(0, 2), 16) >= 0xc0 ? "random-static" : "random-private";
}

/** A company's number, and its data (Core Specification Supplement Part A 1.4). */
function readManufacturerData(data: unknown): Readonly<Record<number, Uint8Array>> | null {
  if (!(data instanceof Uint8Array) || data.length < 2) return null;
  const [low = 0, high = 0] = data;
  return { [low | (high << 8)]: Uint8Array.from(data.subarray(2)) };
}
