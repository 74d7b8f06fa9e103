import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import { decodeText } from "../../device-drivers/kit/text.ts";
import type { Scrubbing, SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { CapturedSession } from "./capture-session.ts";
import { octetSpellings, serialSpellings, textCharactersMin } from "./spellings.ts";
import type { Spelling } from "./spellings.ts";

/** Who a device is. */
export interface Identity {
  readonly secrets: readonly Secret[];
  /** Its address, System ID and serial number as text, in lower case and without what parts their octets. */
  readonly texts: readonly string[];
}

/** Something that tells this device from all others, in every spelling in which it is looked for. */
export interface Secret {
  readonly what: Scrubbing["what"];
  readonly spellings: readonly Spelling[];
}

/** What a session says of the identity of its device. */
export function identityOf({ address, advertisement, steps }: Named): Identity {
  const addresses = [...new Set([address, advertisement.address])];
  const systemIds = valuesOf(steps, "2A23").map((value) => value.toReversed());
  const serials = valuesOf(steps, "2A25");
  const serialTexts = [...new Set(serials.flatMap(textsOf))];
  const secrets = [
    ...addresses.flatMap(addressSecrets),
    ...serialTexts.map((serial): Secret => ({ what: "serial-number", spellings: serialSpellings(serial) })),
    ...serials.flatMap(binarySerialSecrets),
    ...systemIds.flatMap(systemIdSecrets),
  ];
  const hexTexts = [...addresses.flatMap((text) => octetsOf(text) ?? []), ...systemIds].flatMap((octets) => [
    toHex(octets),
    toHex(octets.toReversed()),
  ]);
  return { secrets, texts: [...hexTexts, ...serialTexts].map((text) => text.toLowerCase()) };
}

type Named = Pick<CapturedSession, "address" | "advertisement" | "steps">;

/** Most significant first; null where the system hides addresses and gives a text instead. */
function octetsOf(address: string): Uint8Array | null {
  const octets = fromHex(address.replaceAll(/[:-]/g, ""));
  return octets?.length === 6 ? octets : null;
}

/** The address, and its half that the maker counts: names often end with it. */
function addressSecrets(address: string): readonly Secret[] {
  const octets = octetsOf(address);
  if (octets === null) return [{ what: "address", spellings: serialSpellings(address) }];
  return [octets, octets.slice(3)].map((part) => ({ what: "address", spellings: octetSpellings(part) }));
}

/** The maker's identifier stands below the OUI. */
const systemIdSecrets = (octets: Uint8Array): readonly Secret[] =>
  [octets, octets.slice(3)].map((part) => ({ what: "system-id", spellings: octetSpellings(part) }));

/** What can be read of a serial number, also where it is padded with what is no text. */
function textsOf(value: Uint8Array): readonly string[] {
  const decoded = decodeText(value);
  const whole = decoded.ok ? [decoded.value.trim()] : [];
  const runs = new TextDecoder("latin1").decode(value).match(/[ -~]+/g) ?? [];
  return [...whole, ...runs.map((run) => run.trim())].filter((text) => text.length >= textCharactersMin);
}

/** A serial number that no one can read is looked for as the number that it may be. */
function binarySerialSecrets(value: Uint8Array): readonly Secret[] {
  const isText = value.every((octet) => octet === 0 || (octet >= 0x20 && octet <= 0x7e));
  return isText ? [] : [{ what: "serial-number", spellings: octetSpellings(value) }];
}

/** Each value once. */
function valuesOf(steps: readonly SessionStep[], uuid: string): readonly Uint8Array[] {
  const values = new Set(steps.flatMap(({ char, hex }) => (char === uuid && hex !== undefined ? [hex] : [])));
  return [...values].flatMap((hex) => fromHex(hex) ?? []);
}
