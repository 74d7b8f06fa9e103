import type { PairingTraits } from "./pairing-traits.ts";

/** What decides how two devices pair: what Pairing Request and Pairing Response say of each. */
export type PairingSide = Pick<PairingTraits, "io" | "mitm" | "secureConnections">;

export interface PairingChoice {
  readonly method: "just-works" | "passkey-entry" | "numeric-comparison";
  /** Of passkey entry: who shows the digits; the other side enters them, or with `nobody` both do. */
  readonly shownBy: "initiator" | "responder" | "nobody" | null;
  /** Does the key protect against a man in the middle? */
  readonly authenticated: boolean;
  /** Secure Connections; false for legacy pairing. */
  readonly secureConnections: boolean;
}

/**
 * How two devices without out-of-band data pair (Core Vol 3 Part H 2.3.5.1, tables 2.6 to 2.8). Where neither asks for
 * protection against a man in the middle, it is Just Works, whatever they can show. Whether a side that asked for the
 * protection accepts a choice that is not `authenticated` is its own affair.
 */
export function pairingMethod(initiator: PairingSide, responder: PairingSide): PairingChoice {
  const secureConnections = initiator.secureConnections && responder.secureConnections;
  const wanted = initiator.mitm || responder.mitm;
  const cell = wanted ? table[responder.io][initiator.io] : justWorks;
  const how = "legacy" in cell ? (secureConnections ? cell.secure : cell.legacy) : cell;
  return { ...how, authenticated: how.method !== "just-works", secureConnections };
}

type Io = PairingTraits["io"];
type How = Pick<PairingChoice, "method" | "shownBy">;
type Cell = How | { readonly legacy: How; readonly secure: How };

const justWorks: How = { method: "just-works", shownBy: null };
const compare: How = { method: "numeric-comparison", shownBy: null };
const initiatorShows: How = { method: "passkey-entry", shownBy: "initiator" };
const responderShows: How = { method: "passkey-entry", shownBy: "responder" };
const bothEnter: How = { method: "passkey-entry", shownBy: "nobody" };

/** Table 2.8: by the responder's capability, then by the initiator's. */
const table: Readonly<Record<Io, Readonly<Record<Io, Cell>>>> = {
  "display-only": {
    "display-only": justWorks,
    "display-yes-no": justWorks,
    "keyboard-only": responderShows,
    "no-input-no-output": justWorks,
    "keyboard-display": responderShows,
  },
  "display-yes-no": {
    "display-only": justWorks,
    "display-yes-no": { legacy: justWorks, secure: compare },
    "keyboard-only": responderShows,
    "no-input-no-output": justWorks,
    "keyboard-display": { legacy: responderShows, secure: compare },
  },
  "keyboard-only": {
    "display-only": initiatorShows,
    "display-yes-no": initiatorShows,
    "keyboard-only": bothEnter,
    "no-input-no-output": justWorks,
    "keyboard-display": initiatorShows,
  },
  "no-input-no-output": {
    "display-only": justWorks,
    "display-yes-no": justWorks,
    "keyboard-only": justWorks,
    "no-input-no-output": justWorks,
    "keyboard-display": justWorks,
  },
  "keyboard-display": {
    "display-only": initiatorShows,
    "display-yes-no": { legacy: initiatorShows, secure: compare },
    "keyboard-only": responderShows,
    "no-input-no-output": justWorks,
    "keyboard-display": { legacy: initiatorShows, secure: compare },
  },
};
