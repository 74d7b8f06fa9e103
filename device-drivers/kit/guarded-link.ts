import type { Clock } from "../ports/clock.ts";
import { gattErrors } from "../ports/gatt-error.ts";
import type { GattLink } from "../ports/gatt.ts";
import type { CarepostError } from "./carepost-error.ts";
import type { DriverSession } from "./driver.ts";

/**
 * The session as drivers use it. Every operation on its link ends within the ATT transaction time-out, and a refusal
 * for want of a key is told as `bond-lost`, because pairing again is what mends it.
 */
export function guardSession(session: DriverSession): DriverSession {
  return {
    link: guardLink(session.link, session.clock),
    clock: session.clock,
    characteristics: session.characteristics,
    information: session.information,
    quirks: session.quirks,
    history: session.history,
    localTime: () => session.localTime(),
    signal: session.signal,
  };
}

/** The code that a peer put into its ATT Error Response; null if the failure is of another kind. */
export function attErrorOf(error: unknown): number | null {
  if (!gattErrors.is(error, "att-error")) return null;
  const code = error.context["attError"];
  return typeof code === "number" ? code : null;
}

/** Core Vol 3 Part F 3.3.3: a transaction that is not complete within 30 seconds has failed. */
export const attTransactionMs = 30_000;

/**
 * Gives an operation `limitMs`, then aborts it.
 * @throws CarepostError `operation-timeout` when the time is up, else whatever the operation throws
 */
export async function withinTime<T>(limit: TimeLimit, operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const expiry = limit.clock.sleep(limit.limitMs, over.signal).then((): never => {
    throw gattErrors.make("operation-timeout", `the device did not answer within ${limit.limitMs} ms`);
  });
  const signal = limit.signal === undefined ? over.signal : AbortSignal.any([limit.signal, over.signal]);
  try {
    return await Promise.race([operation(signal), expiry]);
  } finally {
    over.abort();
  }
}

export interface TimeLimit {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Omitted where the operation must run although the session was cancelled. */
  readonly signal?: AbortSignal;
}

function guardLink(link: GattLink, clock: Clock): GattLink {
  const guard = async <T>(signal: AbortSignal, operation: (bounded: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await withinTime({ clock, limitMs: attTransactionMs, signal }, operation);
    } catch (error) {
      throw securityRefusal(error) ?? error;
    }
  };
  return {
    address: link.address,
    addressKind: link.addressKind,
    bonded: link.bonded,
    discover: (signal) => guard(signal, (bounded) => link.discover(bounded)),
    read: (characteristic, signal) => guard(signal, (bounded) => link.read(characteristic, bounded)),
    write: (characteristic, value, signal) => guard(signal, (bounded) => link.write(characteristic, value, bounded)),
    subscribe: (characteristic, signal) => guard(signal, (bounded) => link.subscribe(characteristic, bounded)),
    close: () => link.close(),
  };
}

/** Core Vol 3 Part F 3.4.1.1: Insufficient Authentication, Authorization and Encryption. */
const securityRefusals: ReadonlySet<number> = new Set([0x05, 0x08, 0x0f]);

function securityRefusal(error: unknown): CarepostError | null {
  const attError = attErrorOf(error);
  if (attError === null || !securityRefusals.has(attError)) return null;
  return gattErrors.make("bond-lost", "the device refuses because the bond is missing or too weak", {
    context: { attError },
    cause: error,
  });
}
