import { fromHex, toHex } from "../../../device-drivers/kit/hex.ts";

/** What a SIG-assigned UUID of 16 bits stands for (Core Vol 3 Part B 2.5.1). */
const baseTail = "-0000-1000-8000-00805F9B34FB";

/** A UUID on the air, least significant octet first: 2 octets for one that the SIG assigned, else 16. */
export function uuidOctets(uuid: string): Uint8Array {
  const octets = fromHex(uuid.replaceAll("-", ""));
  if (octets === null || (octets.length !== 2 && octets.length !== 16)) throw new RangeError(`${uuid} is no UUID.`);
  return octets.toReversed();
}

/** As `ports/gatt.ts` writes it, also where a client spells a SIG-assigned one out; null if it is no UUID. */
export function uuidText(octets: Uint8Array): string | null {
  const digits = toHex(octets.toReversed());
  if (octets.length === 2) return digits;
  if (octets.length !== 16) return null;
  const text = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
  return text.startsWith("0000") && text.endsWith(baseTail) ? text.slice(4, 8) : text;
}
