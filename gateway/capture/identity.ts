import { fromHex } from "../../device-drivers/kit/hex.ts";
import { decodeText } from "../../device-drivers/kit/text.ts";
import type { Scrubbing, SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { CapturedSession } from "./capture-session.ts";
import { octetSpellings, serialSpellings } from "./spellings.ts";
import type { Spelling } from "./spellings.ts";

/** Something that tells this device from all others, in every spelling in which it is looked for. */
export interface Secret {
  readonly what: Scrubbing["what"];
  readonly spellings: readonly Spelling[];
}

/** What a session says of the identity of its device. */
export function secretsOf({ address, advertisement, steps }: Named): readonly Secret[] {
  const addresses = [...new Set([address, advertisement.address])];
  const serials = valuesOf(steps, "2A25").flatMap((value) => {
    const decoded = decodeText(value);
    return decoded.ok ? [decoded.value.trim()] : [];
  });
  return [
    ...addresses.flatMap(addressSecrets),
    ...serials.map((serial): Secret => ({ what: "serial-number", spellings: serialSpellings(serial) })),
    ...valuesOf(steps, "2A23").flatMap(systemIdSecrets),
  ];
}

type Named = Pick<CapturedSession, "address" | "advertisement" | "steps">;

/** The address, and its half that the maker counts: names often end with it. Where the system hides addresses, a text. */
function addressSecrets(address: string): readonly Secret[] {
  const octets = fromHex(address.replaceAll(/[:-]/g, ""));
  if (octets?.length !== 6) return [{ what: "address", spellings: serialSpellings(address) }];
  return [octets, octets.slice(3)].map((part) => ({ what: "address", spellings: octetSpellings(part) }));
}

/** System ID (2A23) stands least octet first: the maker's identifier, then its OUI. */
function systemIdSecrets(value: Uint8Array): readonly Secret[] {
  const octets = value.toReversed();
  return [octets, octets.slice(3)].map((part) => ({ what: "system-id", spellings: octetSpellings(part) }));
}

function valuesOf(steps: readonly SessionStep[], uuid: string): readonly Uint8Array[] {
  return steps.flatMap(({ char, hex }) => {
    const value = char === uuid && hex !== undefined ? fromHex(hex) : null;
    return value === null ? [] : [value];
  });
}
