import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { smpReasons } from "./smp-pdu.ts";

/** Why a pairing came to nothing. `reason` is a code of `smpReasons`, where one was sent or received. */
export class PairingFailure extends Error {
  readonly by: "us" | "peer" | "timeout" | "link";
  readonly reason: number | null;

  constructor(by: PairingFailure["by"], reason: number | null = null) {
    super(reason === null ? `pairing ended: ${by}` : `pairing failed: ${by}, reason 0x${reason.toString(16)}`);
    this.name = "PairingFailure";
    this.by = by;
    this.reason = reason;
  }
}

/** We refuse, and tell the peer why. */
export const refuse = (reason: number): PairingFailure => new PairingFailure("us", reason);

/** A pairing that stands still for so long has failed (Core Vol 3 Part H 3.4). */
const pairingTimeoutMs = 30_000;

/** A peer that sends more than this ahead of its turn is not pairing. The longest run of key PDUs is five. */
const waitingPdusMax = 8;

/**
 * The PDUs of one pairing, so that each side of it can be written as one run from beginning to end. Whatever ends the
 * pairing from outside rejects what is being waited for, and every later wait.
 */
export class PairingChannel {
  readonly #send: (pdu: Uint8Array) => void;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  readonly #waiting: Uint8Array[] = [];
  #take: ((pdu: Uint8Array) => void) | null = null;
  #patience = new AbortController();

  constructor(send: (pdu: Uint8Array) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
    this.#restart();
  }

  /** Aborted with a `PairingFailure` when the pairing is over for a reason from outside, or by `end`. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  send(pdu: Uint8Array): void {
    if (this.#ended.signal.aborted) return;
    this.#restart();
    this.#send(pdu);
  }

  /** The peer's next PDU, which must have this code. Rejects with a `PairingFailure`. */
  async expect(code: number): Promise<Uint8Array> {
    const pdu = await this.during(this.#next());
    if (pdu[0] !== code) throw refuse(smpReasons.unspecified);
    return pdu.slice(1);
  }

  /** Waits for something other than a PDU, such as a person, no longer than the pairing lasts. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#ended.signal.throwIfAborted();
    return await new Promise<T>((resolve, reject) => {
      const abort = (): void => reject(this.#ended.signal.reason);
      this.#ended.signal.addEventListener("abort", abort, { once: true });
      work.then(resolve, reject).finally(() => this.#ended.signal.removeEventListener("abort", abort));
    });
  }

  /** The peer has sent this. */
  put(pdu: Uint8Array): void {
    this.#restart();
    const take = this.#take;
    this.#take = null;
    if (take !== null) take(pdu);
    else if (this.#waiting.length < waitingPdusMax) this.#waiting.push(pdu);
    else this.end(refuse(smpReasons.unspecified));
  }

  /** Ends it; whoever waits, rejects with this. */
  end(failure: PairingFailure): void {
    this.#patience.abort();
    this.#ended.abort(failure);
  }

  #next(): Promise<Uint8Array> {
    const pdu = this.#waiting.shift();
    if (pdu !== undefined) return Promise.resolve(pdu);
    return new Promise((resolve) => {
      this.#take = resolve;
    });
  }

  #restart(): void {
    this.#patience.abort();
    if (this.#ended.signal.aborted) return;
    this.#patience = new AbortController();
    this.#clock.sleep(pairingTimeoutMs, this.#patience.signal).then(
      () => this.end(new PairingFailure("timeout")),
      () => undefined,
    );
  }
}
