import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import { type PairingChoice, pairingMethod } from "../peripherals/pairing-method.ts";
import { justWorks, type PairingTraits } from "../peripherals/pairing-traits.ts";
import { integerBetween } from "../random.ts";
import { abortable } from "./abortable.ts";

/**
 * The device's side of a pairing, for whoever serves a device above the Security Manager: which method the two use, what
 * the device shows, and whether it agrees. No key is made here; `simulators/bluetooth` does that.
 */
export interface PairingCentral {
  readonly io: PairingTraits["io"];
  /** Puts a question to whoever is at the central. To `show`, any answer that accepts goes on. A rejection refuses. */
  answer(question: PairingQuestion, signal: AbortSignal): Promise<PairingAnswer>;
}

/**
 * `passkey`: the device shows digits, what are they? `show`: let the device's user type these. `confirm`: does the
 * device show the same? `authorise`: may a device that proves nothing be paired?
 */
export interface PairingQuestion {
  readonly ask: "passkey" | "show" | "confirm" | "authorise";
  /** 0 … 999999 for `show` and `confirm`, else null. */
  readonly passkey: number | null;
}

export interface PairingAnswer {
  readonly accept: boolean;
  readonly passkey: number | null;
}

/**
 * Why there is no bond. `refused-by-device`: it is not in pairing mode, its user said no, or the method does not protect
 * as it demands. `refused-by-central`: a question was answered with no.
 */
export type PairingFailure = "refused-by-device" | "refused-by-central" | "wrong-passkey" | "timed-out" | "link-ended";

export type PairingOutcome = Result<PairingChoice, PairingFailure>;

/** The device, and whoever holds it in their hands. */
export interface PairingDevice {
  readonly traits: PairingTraits | undefined;
  /** Does it take part at all? Asked once for each attempt. */
  agrees(): boolean;
  /** What is on its display; null when the pairing is over. */
  show(passkey: number | null): void;
  /** What its user types of the digits that the central shows. */
  typed(passkey: number): number;
}

/** A Security Manager that hears nothing for this long gives up (Core Vol 3 Part H 3.4). */
export const pairingTimeoutMs = 30_000;

export interface PairingPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the link ends. */
  readonly ended: AbortSignal;
}

/** @param signal breaks the pairing off; then it rejects with the signal's reason */
export async function pairWithDevice(
  device: PairingDevice,
  central: PairingCentral,
  { clock, random, ended, signal }: PairingPorts & { readonly signal: AbortSignal },
): Promise<PairingOutcome> {
  signal.throwIfAborted();
  const over = new AbortController();
  const wanted = AbortSignal.any([signal, ended, over.signal]);
  const late = clock.sleep(pairingTimeoutMs, wanted).then((): PairingOutcome => fail("timed-out"));
  late.catch(() => undefined);
  try {
    return await abortable(Promise.race([exchange(device, central, { random, signal: wanted }), late]), wanted);
  } catch (error) {
    signal.throwIfAborted();
    if (ended.aborted) return fail("link-ended");
    throw error;
  } finally {
    over.abort();
    device.show(null);
  }
}

interface Exchange {
  readonly random: Random;
  readonly signal: AbortSignal;
}

async function exchange(device: PairingDevice, central: PairingCentral, how: Exchange): Promise<PairingOutcome> {
  const traits = device.traits ?? justWorks;
  // A central that can neither show nor ask has no means of protection, and so does not ask for it.
  const mitm = central.io !== "no-input-no-output";
  const choice = pairingMethod({ io: central.io, mitm, secureConnections: true }, traits);
  if (!device.agrees() || (traits.mitm && !choice.authenticated)) return fail("refused-by-device");
  const failure = await methods[methodOf(choice)](device, central, how);
  return failure === null ? ok(choice) : fail(failure);
}

type Method = "authorise" | "compare" | "central-types" | "device-types";
type Play = (device: PairingDevice, central: PairingCentral, how: Exchange) => Promise<PairingFailure | null>;

function methodOf({ method, shownBy }: PairingChoice): Method {
  if (method === "just-works") return "authorise";
  if (method === "numeric-comparison") return "compare";
  return shownBy === "initiator" ? "device-types" : "central-types";
}

const methods: Readonly<Record<Method, Play>> = {
  authorise: async (_, central, { signal }) => await asked(central, { ask: "authorise", passkey: null }, signal),
  compare: async (device, central, { random, signal }) => {
    const value = newPasskey(random);
    device.show(value);
    return await asked(central, { ask: "confirm", passkey: value }, signal);
  },
  "central-types": async (device, central, { random, signal }) => {
    const passkey = device.traits?.passkey ?? newPasskey(random);
    device.show(passkey);
    const { accept, passkey: typed } = await central.answer({ ask: "passkey", passkey: null }, signal);
    if (!accept) return "refused-by-central";
    return typed === passkey ? null : "wrong-passkey";
  },
  "device-types": async (device, central, { random, signal }) => {
    const passkey = newPasskey(random);
    const refusal = await asked(central, { ask: "show", passkey }, signal);
    return refusal ?? (device.typed(passkey) === passkey ? null : "wrong-passkey");
  },
};

async function asked(
  central: PairingCentral,
  question: PairingQuestion,
  signal: AbortSignal,
): Promise<PairingFailure | null> {
  const { accept } = await central.answer(question, signal);
  return accept ? null : "refused-by-central";
}

const newPasskey = (random: Random): number => integerBetween(random, 0, 999_999);
