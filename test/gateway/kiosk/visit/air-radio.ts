import { pairingErrors } from "../../../../gateway/radio/pairing-error.ts";
import { gattErrors } from "../../../../device-drivers/ports/gatt-error.ts";
import type { Bond, ManagedRadio, PairingRequest } from "../../../../gateway/radio/managed-radio.ts";
import type { PairingDialogue } from "../../../../gateway/radio/pairing.ts";
import { RadioEventFeed } from "../../../../gateway/radio/radio-event-feed.ts";
import type { PairingAnswer, PairingFailure, PairingQuestion } from "../../../../simulators/air/air-pairing.ts";
import { AirLink, linkEnd } from "../../../../simulators/air/air-link.ts";
import type { AirSubscription } from "../../../../simulators/air/air-subscription.ts";
import { pairingEnd } from "../../../../simulators/air/client-pairing.ts";
import type { VirtualAir } from "../../../../simulators/air/virtual-air.ts";

/**
 * A radio over a virtual air in the same process, so in its time, that pairs as the devices do.
 * @param paired the addresses of those that it was paired with before
 */
export function airRadio(air: VirtualAir, paired: readonly string[]): ManagedRadio {
  const feed = new RadioEventFeed();
  const keys = new Map<string, Bond>();
  for (const address of paired) keys.set(address, { address, addressKind: "random-static", name: null });
  return {
    kind: "virtual",
    adapter: "virtual",
    abilities: { pairing: ["just-works", "passkey-entry", "passkey-shown"], holdsConfirmations: true },
    rungs: [],
    advertisements: (signal) => air.radio.advertisements(signal),
    connect: async (address, signal) => {
      const subscriptions = new Map<number, AirSubscription>();
      const end = { ...linkEnd(subscriptions), holdsKey: keys.has(address) };
      return new AirLink(await air.open(address, end, signal), subscriptions);
    },
    events: (signal) => feed.events(signal),
    pair: async (request, dialogue, signal) => {
      const bond = await pairOnce(air, { request, dialogue }, signal);
      keys.set(bond.address, bond);
      feed.tell({ type: "bond-made", address: bond.address });
      return bond;
    },
    bonds: () => Promise.resolve([...keys.values()]),
    forget: (address) => Promise.resolve(keys.delete(address)),
    repair: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

interface Attempt {
  readonly request: PairingRequest;
  readonly dialogue: PairingDialogue;
}

async function pairOnce(air: VirtualAir, { request, dialogue }: Attempt, signal: AbortSignal): Promise<Bond> {
  const { address, io } = request;
  const connection = await air.open(address, pairingEnd, signal);
  const over = new AbortController();
  const wanted = AbortSignal.any([signal, over.signal]);
  try {
    const answer = (question: PairingQuestion): Promise<PairingAnswer> => put(dialogue, question, wanted);
    const outcome = await connection.pair({ io, answer }, signal);
    if (!outcome.ok) throw failures[outcome.error]();
    const { addressKind, name } = connection.path.peripheral;
    return { address: address.toUpperCase(), addressKind, name };
  } finally {
    over.abort();
    connection.close();
  }
}

async function put(
  dialogue: PairingDialogue,
  { ask, passkey }: PairingQuestion,
  signal: AbortSignal,
): Promise<PairingAnswer> {
  const shown = passkey ?? 0;
  try {
    if (ask === "show") {
      dialogue.showPasskey(shown, 0);
      return { accept: true, passkey: null };
    }
    if (ask === "passkey") return { accept: true, passkey: await dialogue.enterPasskey(signal) };
    const accept = ask === "confirm" ? dialogue.confirmPasskey(shown, signal) : dialogue.authorise(signal);
    return { accept: await accept, passkey: null };
  } catch {
    return { accept: false, passkey: null };
  }
}

const failures: Readonly<Record<PairingFailure, () => Error>> = {
  "refused-by-device": () => pairingErrors.make("pairing-refused", "the device refused"),
  "refused-by-central": () => pairingErrors.make("pairing-refused", "refused here"),
  "wrong-passkey": () => pairingErrors.make("pairing-wrong-passkey", "the passkeys differ"),
  "timed-out": () => pairingErrors.make("pairing-timeout", "the device waited too long"),
  "link-ended": () => gattErrors.make("link-lost", "the link was lost while pairing"),
};
