import type { PairingMethod } from "../radio/managed-radio.ts";
import type { PairingDialogue } from "../radio/pairing.ts";

/** A dialogue, and the way of pairing that its questions have shown. */
export interface WatchedDialogue {
  readonly dialogue: PairingDialogue;
  /** Null until something was asked. */
  readonly method: () => PairingMethod | null;
}

export function watchDialogue(inner: PairingDialogue): WatchedDialogue {
  let method: PairingMethod | null = null;
  const note = (shown: PairingMethod): void => {
    method = shown;
  };
  return {
    method: () => method,
    dialogue: {
      enterPasskey: (signal) => {
        note("passkey-entry");
        return inner.enterPasskey(signal);
      },
      showPasskey: (passkey, entered) => {
        note("passkey-shown");
        inner.showPasskey(passkey, entered);
      },
      confirmPasskey: (passkey, signal) => {
        note("numeric-comparison");
        return inner.confirmPasskey(passkey, signal);
      },
      authorise: (signal) => {
        note("just-works");
        return inner.authorise(signal);
      },
      enterPin: (signal) => {
        note("pin");
        return inner.enterPin(signal);
      },
    },
  };
}

/** For a device that forgets its key each time: agrees to Just Works, which needs nobody, and refuses everything else. */
export const unattended: PairingDialogue = {
  enterPasskey: () => Promise.reject(new Error("nobody is there to type a passkey")),
  showPasskey: () => undefined,
  confirmPasskey: () => Promise.resolve(false),
  authorise: () => Promise.resolve(true),
  enterPin: () => Promise.reject(new Error("nobody is there to type a PIN")),
};
