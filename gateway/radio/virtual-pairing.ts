import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { AirWire, PairingQuestion } from "./air-wire.ts";
import type { Bond, PairingRequest } from "./managed-radio.ts";
import type { PairingDialogue } from "./pairing.ts";

/** Pairs through the air. When the signal is aborted, it rejects once the air has taken back what had begun. */
export async function pairVirtually(
  wire: AirWire,
  { address, io }: PairingRequest,
  { dialogue, signal }: { readonly dialogue: PairingDialogue; readonly signal: AbortSignal },
): Promise<Bond> {
  // A question is open no longer than the pairing.
  const over = new AbortController();
  const wanted = AbortSignal.any([signal, over.signal]);
  const hear = (question: PairingQuestion): void => void answer(wire, question, { dialogue, signal: wanted });
  try {
    return await wire.pair({ op: "pair", address, io }, { hear, signal }, (result) => {
      if (result.type !== "bond") throw gattErrors.make("connect-refused", "the air did not answer with a bond");
      return { address: address.toUpperCase(), addressKind: result.addressKind, name: result.name };
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    over.abort();
  }
}

async function answer(
  wire: AirWire,
  { pairing, ask, passkey }: PairingQuestion,
  { dialogue, signal }: { readonly dialogue: PairingDialogue; readonly signal: AbortSignal },
): Promise<void> {
  if (ask === "show") return dialogue.showPasskey(passkey ?? 0, 0);
  const said = await given(ask, passkey ?? 0, { dialogue, signal });
  if (!signal.aborted) await wire.tell({ op: "answer", pairing, ...said });
}

interface Given {
  readonly accept: boolean;
  readonly passkey: number | null;
}

/** What the person says. One who cannot or will not answer has said no. */
async function given(
  ask: Exclude<PairingQuestion["ask"], "show">,
  shown: number,
  { dialogue, signal }: { readonly dialogue: PairingDialogue; readonly signal: AbortSignal },
): Promise<Given> {
  try {
    if (ask === "passkey") return { accept: true, passkey: await dialogue.enterPasskey(signal) };
    const accept = ask === "confirm" ? dialogue.confirmPasskey(shown, signal) : dialogue.authorise(signal);
    return { accept: await accept, passkey: null };
  } catch {
    return { accept: false, passkey: null };
  }
}
