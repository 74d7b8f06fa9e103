/** Core Vol 3 Part H 2.3.2. */
export type IoCapability =
  | "display-only"
  | "display-yes-no"
  | "keyboard-only"
  | "no-input-no-output"
  | "keyboard-display";

/**
 * The person at the gateway, as pairing sees them: a kiosk's screen, or a terminal. A method is called only when the
 * device's way of pairing needs it; its signal is aborted when the answer is no longer wanted. A rejection refuses.
 */
export interface PairingDialogue {
  /** The device shows six digits: what are they? 0 … 999999. */
  enterPasskey(signal: AbortSignal): Promise<number>;
  /** Type these digits on the device. Called again with a growing `entered` where the device tells of its key presses. */
  showPasskey(passkey: number, entered: number): void;
  /** Does the device show the same six digits? */
  confirmPasskey(passkey: number, signal: AbortSignal): Promise<boolean>;
  /** May a device that proves nothing (Just Works) be paired? */
  authorise(signal: AbortSignal): Promise<boolean>;
  /** 1 … 16 characters; devices before Bluetooth 2.1 only. */
  enterPin(signal: AbortSignal): Promise<string>;
}
