/** How a virtual device pairs, in the words of the Security Manager (Core Vol 3 Part H 2.3). */
export interface PairingTraits {
  readonly io: "display-only" | "display-yes-no" | "keyboard-only" | "no-input-no-output" | "keyboard-display";
  /** LE Secure Connections; false for legacy pairing. */
  readonly secureConnections: boolean;
  /** It demands protection against a man in the middle, and refuses Just Works. */
  readonly mitm: boolean;
  /** The passkey that is printed on it; null for a new one each time, which it shows. */
  readonly passkey: number | null;
  /** It sends a Security Request as soon as it is connected. */
  readonly requestsSecurity: boolean;
  /** It forgets its keys when the link ends, as some cuffs do. */
  readonly forgetsKeys: boolean;
}

/** A meter of the simplest kind: it agrees to everything, and proves nothing. */
export const justWorks: PairingTraits = {
  io: "no-input-no-output",
  secureConnections: true,
  mitm: false,
  passkey: null,
  requestsSecurity: false,
  forgetsKeys: false,
};
