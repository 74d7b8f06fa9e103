import type { AirIoCapability, AirMessage, AirRequest, AirResult } from "../../device-drivers/ports/air-protocol.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { AirConnection, CentralEnd } from "./air-connection.ts";
import type { PairingAnswer, PairingFailure, PairingQuestion } from "./air-pairing.ts";

/** The keys of the central's side, for all clients of one server. It holds all of them until it is told to forget one. */
export class CentralKeys {
  readonly #forgotten = new Set<string>();

  holds(address: string): boolean {
    return !this.#forgotten.has(address);
  }

  keep(address: string): void {
    this.#forgotten.delete(address);
  }

  forget(address: string): void {
    this.#forgotten.add(address);
  }
}

/** A pairing that came to nothing: what the air protocol calls it. */
export interface PairingRefusal {
  readonly code: string;
  readonly message: string;
}

type Question = Extract<AirMessage, { event: "pairing" }>;
type Answer = Extract<AirRequest, { op: "answer" }>;

/** One pairing that a client of the air server has asked for. */
export class ClientPairing {
  readonly #id: number;
  readonly #tell: (question: Question) => void;
  #isRefused = false;
  #waiting: ((answer: PairingAnswer) => void) | null = null;

  constructor(id: number, tell: (question: Question) => void) {
    this.#id = id;
    this.#tell = tell;
  }

  /** @returns the bond, or why there is none */
  async run(connection: AirConnection, io: AirIoCapability, signal: AbortSignal): Promise<AirResult | PairingRefusal> {
    const central = { io, answer: (question: PairingQuestion) => this.#put(question) };
    const outcome = await connection.pair(central, signal);
    if (!outcome.ok) return refusals[outcome.error];
    const { addressKind, name } = connection.path.peripheral;
    return { type: "bond", addressKind, name };
  }

  answer({ accept, passkey }: Answer): void {
    if (!accept) this.#isRefused = true;
    this.#waiting?.({ accept, passkey });
    this.#waiting = null;
  }

  #put(question: PairingQuestion): Promise<PairingAnswer> {
    if (this.#isRefused) return Promise.resolve({ accept: false, passkey: null });
    this.#tell({ event: "pairing", pairing: this.#id, ...question });
    if (question.ask === "show") return Promise.resolve({ accept: true, passkey: null });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

const refusals: Readonly<Record<PairingFailure, PairingRefusal>> = {
  "refused-by-device": { code: "pairing-refused", message: "the device refused to be paired" },
  "refused-by-central": { code: "pairing-refused", message: "the pairing was refused here" },
  "wrong-passkey": { code: "pairing-wrong-passkey", message: "the passkeys differ" },
  "timed-out": { code: "pairing-timeout", message: "the device waited too long for an answer" },
  "link-ended": { code: "link-lost", message: "the link was lost while pairing" },
};

/** The link on which a pairing runs, if the client has none of its own: it carries nothing else. */
export const pairingEnd: CentralEnd = {
  holdsKey: false,
  room: () => Promise.resolve(),
  value: () => undefined,
  lost: () => undefined,
};

export const noSuchPairing = (): Error => gattErrors.make("misuse", "there is no such pairing");
