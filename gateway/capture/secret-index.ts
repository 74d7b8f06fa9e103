import type { Scrubbing } from "../../device-drivers/ports/session-fixture.ts";
import type { Secret } from "./identity.ts";
import type { Spelling } from "./spellings.ts";

/** What a spelling begins with, by which it is looked up; none is shorter. */
const startOctets = 3;

interface Entry extends Spelling {
  readonly what: Scrubbing["what"];
}

/** All spellings of a session's secrets, so that a value is gone through once, however many there are. */
export class SecretIndex {
  readonly #byStart = new Map<number, readonly Entry[]>();

  constructor(secrets: readonly Secret[]) {
    const entries = secrets.flatMap(({ what, spellings }) => spellings.map((spelling) => ({ what, ...spelling })));
    const longestFirst = entries.toSorted((left, right) => right.octets.length - left.octets.length);
    for (const entry of longestFirst) {
      const start = startAt(entry.octets, 0);
      this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), entry]);
    }
  }

  isFoundIn(octets: Uint8Array): boolean {
    for (let at = 0; at + startOctets <= octets.length; at += 1) {
      if (this.#spelledAt(octets, at).length > 0) return true;
    }
    return false;
  }

  /**
   * The octets with all that spells a secret blanked, also where spellings overlap: text becomes text of the same shape,
   * anything else zeros. `found` is told of each that stands by itself.
   */
  blanked(octets: Uint8Array, found: (what: Scrubbing["what"]) => void): Uint8Array {
    const result = octets.slice();
    let blankedTo = 0;
    for (let at = 0; at + startOctets <= octets.length; at += 1) {
      for (const { what, octets: spelled, isText } of this.#spelledAt(octets, at)) {
        const end = at + spelled.length;
        for (let index = at; index < end; index += 1) result[index] = isText ? blankCharacter(result[index] ?? 0) : 0;
        if (end > blankedTo) found(what);
        blankedTo = Math.max(blankedTo, end);
      }
    }
    return result;
  }

  #spelledAt(octets: Uint8Array, at: number): readonly Entry[] {
    const candidates = this.#byStart.get(startAt(octets, at)) ?? [];
    return candidates.filter(({ octets: spelled }) => spelled.every((octet, index) => octets[at + index] === octet));
  }
}

const startAt = (octets: Uint8Array, at: number): number =>
  ((octets[at] ?? 0) << 16) | ((octets[at + 1] ?? 0) << 8) | (octets[at + 2] ?? 0);

/** A digit becomes 0 and a letter X; what parts them stays. */
function blankCharacter(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return 0x30;
  const isLetter = (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a) || octet >= 0x80;
  return isLetter ? 0x58 : octet;
}
