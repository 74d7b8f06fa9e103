import { encodeText } from "../../../device-drivers/kit/text.ts";
import { uuidOctets } from "../att/uuid.ts";
import { joined } from "../octets.ts";

/** What one advertising event carries, and what a scanner is told that asks for more: up to 31 octets each. */
export interface AdvertisingData {
  readonly advertisement: Uint8Array;
  readonly scanResponse: Uint8Array;
}

const dataOctetsMax = 31;

/** AD types (Assigned Numbers 2.3). */
const adTypes = {
  flags: 0x01,
  someUuids16: 0x02,
  allUuids16: 0x03,
  someUuids128: 0x06,
  allUuids128: 0x07,
  shortName: 0x08,
  wholeName: 0x09,
} as const;

/** LE General Discoverable Mode; BR/EDR Not Supported (Core Specification Supplement Part A 1.3). */
const flags = 0x06;

/**
 * What a health device advertises: its services with every event, its name in the scan response. What does not fit is
 * left out, and the list or the name says that it is not whole.
 */
export function advertisingData(name: string | null, services: readonly string[]): AdvertisingData {
  const uuids = services.map(uuidOctets);
  let advertisement: Uint8Array = Uint8Array.of(2, adTypes.flags, flags);
  const lists = [
    { octets: 2, all: adTypes.allUuids16, some: adTypes.someUuids16 },
    { octets: 16, all: adTypes.allUuids128, some: adTypes.someUuids128 },
  ];
  for (const { octets, all, some } of lists) {
    const listed = uuids.filter((uuid) => uuid.length === octets);
    const room = Math.max(0, dataOctetsMax - advertisement.length - 2);
    const fitting = listed.slice(0, Math.floor(room / octets));
    if (listed.length === 0 || fitting.length === 0) continue;
    const type = fitting.length === listed.length ? all : some;
    advertisement = joined(advertisement, [1 + octets * fitting.length, type], ...fitting);
  }
  return { advertisement, scanResponse: nameData(name) };
}

function nameData(name: string | null): Uint8Array {
  if (name === null) return new Uint8Array(0);
  const text = encodeText(name);
  const fitting = text.subarray(0, characterEnd(text, dataOctetsMax - 2));
  const type = fitting.length === text.length ? adTypes.wholeName : adTypes.shortName;
  return joined([1 + fitting.length, type], fitting);
}

/** Where the text may be cut so that no more than so many octets are left, and no half of a character (RFC 3629 3). */
function characterEnd(text: Uint8Array, octetsMax: number): number {
  let end = Math.min(text.length, octetsMax);
  while (end < text.length && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
