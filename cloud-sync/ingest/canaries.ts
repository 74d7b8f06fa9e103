import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { BrokerConnection } from "../mqtt/connection.ts";

export interface CanaryPorts {
  readonly connection: BrokerConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface CanaryFlight {
  readonly topic: string;
  readonly timeoutMs: number;
  /** Sends another so often: where somebody else may have got the last. */
  readonly everyMs: number;
}

/**
 * Messages that an ingestor sends to itself through the broker. A granted subscription proves nothing: some brokers
 * grant what their rules then keep back, and some grant a shared subscription that they know nothing of.
 */
export class Canaries {
  readonly #ports: CanaryPorts;
  #awaited: { readonly text: string; readonly arrived: () => void } | null = null;

  constructor(ports: CanaryPorts) {
    this.#ports = ports;
  }

  /** A message on one of the ingestor's own topics. */
  hear(payload: Uint8Array): void {
    if (this.#awaited !== null && new TextDecoder().decode(payload) === this.#awaited.text) this.#awaited.arrived();
  }

  /** Does a canary come back in time? Rejects if the connection is lost, which says nothing of what it would have done. */
  async fly({ topic, timeoutMs, everyMs }: CanaryFlight): Promise<boolean> {
    const { connection, clock, random, signal } = this.#ports;
    const { promise: arrived, resolve } = Promise.withResolvers<"arrived">();
    const over = new AbortController();
    const text = canaryText(random());
    this.#awaited = { text, arrived: () => resolve("arrived") };
    const payload = new TextEncoder().encode(text);
    const either = AbortSignal.any([signal, over.signal]);
    const send = async (): Promise<never> => {
      for (;;) {
        await connection.publish({ topic, payload, qos: 1, retain: false });
        await clock.sleep(everyMs, either);
      }
    };
    try {
      const tooLate = clock.sleep(timeoutMs, either).then(() => "too-late" as const);
      const lost = connection.closed.then(() => "lost" as const);
      const outcome = await Promise.race([arrived, tooLate, lost, send()]);
      if (outcome === "lost") throw connectionErrors.make("connection-lost", "the broker went away during the canary");
      return outcome === "arrived";
    } finally {
      this.#awaited = null;
      over.abort();
    }
  }
}

const canaryText = (nonce: number): string => `canary ${nonce}`;

/** Is it a canary, as another ingestor of this contract sends it? */
export const isCanary = (payload: Uint8Array): boolean =>
  payload.byteLength <= 64 && new TextDecoder().decode(payload).startsWith("canary ");
