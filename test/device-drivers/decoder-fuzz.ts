import type { DecodeFault } from "../../device-drivers/kit/decode-fault.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import type { Result } from "../../device-drivers/kit/result.ts";
import type { GeneratedFrame } from "./frame-generator.ts";
import { seededOctets, type SeededOctets } from "./seeded-octets.ts";

export interface FuzzTarget {
  readonly decode: (bytes: Uint8Array) => Result<unknown, DecodeFault>;
  readonly generate: (chance: SeededOctets) => GeneratedFrame;
  readonly fixedLength: boolean;
}

export interface FuzzReport {
  /** The first frame that broke a promise, and which; null when none did. */
  readonly violation: string | null;
  readonly accepted: number;
  readonly rejectedForLength: number;
}

/**
 * Gives the decoder `inputs` frames and checks what every decoder promises: it never throws; a frame with octets missing
 * is never accepted; a frame that has its octets is refused for a value only; and what comes out holds integers alone,
 * no NaN, no fraction, nothing undefined.
 */
export function fuzzDecoder({ decode, generate, fixedLength }: FuzzTarget, inputs: number, seed: number): FuzzReport {
  const chance = seededOctets(seed);
  let accepted = 0;
  let rejectedForLength = 0;
  for (let input = 0; input < inputs; input += 1) {
    const { bytes, surplus } = generate(chance);
    const result = decodeSafely(decode, bytes);
    const broken = typeof result === "string" ? result : promiseBroken(result, fixedLength, surplus);
    if (broken !== null) return { violation: `${toHex(bytes)}: ${broken}`, accepted, rejectedForLength };
    if (typeof result === "string") continue;
    if (result.ok) accepted += 1;
    else if (result.error.kind !== "value") rejectedForLength += 1;
  }
  return { violation: null, accepted, rejectedForLength };
}

function decodeSafely(decode: FuzzTarget["decode"], bytes: Uint8Array): Result<unknown, DecodeFault> | string {
  try {
    return decode(bytes);
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

function promiseBroken(result: Result<unknown, DecodeFault>, fixedLength: boolean, surplus: number): string | null {
  if (!result.ok) {
    if (result.error.reason === "") return "gave no reason";
    const hasItsLength = surplus === 0 || (surplus > 0 && !fixedLength);
    return hasItsLength && result.error.kind !== "value" ? `was refused as ${result.error.kind}` : null;
  }
  if (surplus < 0) return "was accepted though octets are missing";
  if (surplus > 0 && fixedLength) return "was accepted though it is too long";
  return isSound(result.value) ? null : "holds what is not an integer";
}

/** Only integers, texts, booleans, nulls and octets, all the way down. */
function isSound(value: unknown): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (typeof value !== "object") return typeof value === "string" || typeof value === "boolean";
  if (value === null || value instanceof Uint8Array) return true;
  for (const part of Object.values(value)) {
    if (!isSound(part)) return false;
  }
  return true;
}
