import type { Scrubbing } from "../../device-drivers/ports/session-fixture.ts";

/** A characteristic that holds nothing but who the device or its user is, and what takes the place of its value. */
export interface OwnerField {
  readonly what: Scrubbing["what"];
  /** As long as the value. */
  readonly standIn: (value: Uint8Array) => Uint8Array;
}

/** By UUID; null for a characteristic that is no such field. */
export const ownerFieldOf = (uuid: string): OwnerField | null => fields.get(uuid) ?? null;

const zeros = (value: Uint8Array): Uint8Array => new Uint8Array(value.length);

/** A text that is as long, with its padding. */
const text = (value: Uint8Array): Uint8Array => value.map((octet) => (octet === 0 ? 0 : 0x58));

/** A driver takes a serial number of one repeated character for none, so the stand-in is no such. */
function serialNumber(value: Uint8Array): Uint8Array {
  const padding = value.findLastIndex((octet) => octet !== 0) + 1;
  const standIn = new TextEncoder().encode("SCRUBBED".padEnd(padding, "0").slice(0, padding));
  const bytes = new Uint8Array(value.length);
  bytes.set(standIn);
  return bytes;
}

/** C0FFEE FFFE 000001: it looks as System IDs do, and is no filler. Least octet first, as on the wire. */
const standInSystemId = Uint8Array.of(0x01, 0x00, 0x00, 0xfe, 0xff, 0xee, 0xff, 0xc0);

const systemId = (value: Uint8Array): Uint8Array =>
  value.length === standInSystemId.length ? standInSystemId.slice() : zeros(value);

/** The flags say which texts follow, each ended by a NUL. */
const deviceIdentifier = (value: Uint8Array): Uint8Array =>
  value.map((octet, index) => (index === 0 || octet === 0 ? octet : 0x58));

/** User Control Point (2A9F): the consent code of a user is two octets, after the op code and, of a consent, the user. */
const userControl = (value: Uint8Array): Uint8Array => {
  const codeAt = value[0] === 0x01 ? 1 : 2;
  const isConsent = (value[0] === 0x01 || value[0] === 0x02) && value.length === codeAt + 2;
  return isConsent ? value.map((octet, index) => (index >= codeAt ? 0 : octet)) : value;
};

/** User Data Service 1.1, 3.1: numbers and dates of the person. */
const userNumbers = [
  "2A7E",
  "2A7F",
  "2A80",
  "2A81",
  "2A82",
  "2A83",
  "2A84",
  "2A85",
  "2A86",
  "2A88",
  "2A89",
  "2A8B",
  "2A8C",
  "2A8D",
  "2A8E",
  "2A8F",
  "2A91",
  "2A92",
  "2A93",
  "2A94",
  "2A95",
  "2A96",
  "2A97",
  "2A98",
  "2B47",
  "2B49",
  "2B4A",
  "2B4B",
  "2B4C",
  "2B4D",
  "2B4E",
  "2B4F",
  "2B50",
];
/** First, middle and last name, e-mail address, and language. */
const userTexts = ["2A87", "2A8A", "2A90", "2AA2", "2B48"];

/** Registered User (2B37): who may use the device, by name, in segments that each begin with a header. */
const registeredUser = (value: Uint8Array): Uint8Array => value.map((octet, index) => (index === 0 ? octet : 0));

const fields: ReadonlyMap<string, OwnerField> = new Map<string, OwnerField>([
  ["2A00", { what: "name", standIn: text }],
  // GAP Reconnection Address.
  ["2A03", { what: "address", standIn: zeros }],
  ["2A23", { what: "system-id", standIn: systemId }],
  ["2A25", { what: "serial-number", standIn: serialNumber }],
  ["2A9F", { what: "user-data", standIn: userControl }],
  ["2B37", { what: "user-data", standIn: registeredUser }],
  ["2BFF", { what: "device-identifier", standIn: deviceIdentifier }],
  ...userNumbers.map((uuid) => [uuid, { what: "user-data", standIn: zeros }] as const),
  ...userTexts.map((uuid) => [uuid, { what: "user-data", standIn: text }] as const),
]);
