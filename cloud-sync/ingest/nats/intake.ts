import { encodeReceipt } from "../../contract/delivery.ts";
import type { JsMsg } from "@nats-io/jetstream";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { parseTopic } from "../../contract/topics.ts";
import { ingestorIdPrefix } from "../broker-access.ts";
import type { SourceHandlers } from "../source.ts";
import { canaryBytesMax } from "./canary.ts";
import { topicOfSubject } from "./subject.ts";

export interface IntakeLimits {
  /** No more is fetched while so many messages, or so many bytes of them, are being committed. */
  readonly messagesUnderWayMax: number;
  readonly bytesUnderWayMax: number;
  /** How often the server hears that a slow commit is still being worked on. */
  readonly signOfLifeMs: number;
  /** After so long no more signs of life are sent: another ingestor may have better luck. */
  readonly holdMaxMs: number;
  /** A message that could not be committed comes again after a random time between half of this and all of it. */
  readonly againAfterMs: number;
}

export interface IntakePorts {
  readonly handlers: SourceHandlers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Publishes on a gateway's `receipts`. It must not throw: what is lost costs a resend. */
  readonly reply: (gateway: string, payload: Uint8Array) => void;
}

/** What of a message of JetStream is used here. */
export type StreamMessage = Pick<JsMsg, "subject" | "data" | "ack" | "nak" | "working">;

/** Messages from their delivery to their acknowledgement, which follows the commit. */
export class Intake {
  readonly #ports: IntakePorts;
  readonly #limits: IntakeLimits;
  readonly #underWay = new Map<StreamMessage, number>();
  #bytes = 0;
  #changed = Promise.withResolvers<void>();

  constructor(ports: IntakePorts, limits: IntakeLimits) {
    this.#ports = ports;
    this.#limits = limits;
  }

  /** Resolves when there is room for more, or at the signal. */
  async room(signal: AbortSignal): Promise<void> {
    const { messagesUnderWayMax, bytesUnderWayMax } = this.#limits;
    const isFull = (): boolean => this.#underWay.size >= messagesUnderWayMax || this.#bytes >= bytesUnderWayMax;
    while (isFull() && !signal.aborted) {
      const over = Promise.withResolvers<void>();
      const onAbort = (): void => over.resolve();
      signal.addEventListener("abort", onAbort, { once: true });
      await Promise.race([this.#changed.promise, over.promise]);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await this.#changed.promise;
  }

  /** @param isHeard its content has come another way already, if it is not of a kind that is stored */
  take(message: StreamMessage, isHeard = false): void {
    const { handlers, reply } = this.#ports;
    const topic = topicOfSubject(message.subject);
    const { gateway, kind } = (topic === null ? null : parseTopic(topic)) ?? { gateway: "", kind: null };
    if (gateway.startsWith(ingestorIdPrefix)) {
      if (kind === "readings" && message.data.byteLength <= canaryBytesMax) reply(gateway, message.data);
    } else if (kind === "readings") {
      this.#track(message, gateway, async () => {
        const receipt = await handlers.batch(gateway, message.data);
        return receipt === null ? null : encodeReceipt(receipt).payload;
      });
      return;
    } else if (kind === "events") {
      this.#track(message, gateway, async () => {
        const receipt = await handlers.event(gateway, message.data);
        return receipt === null ? null : encodeReceipt(receipt).payload;
      });
      return;
    } else if (topic !== null && !isHeard) this.hear(topic, message.data);
    // Commands pass through the same stream on their way down, and topics that are not of this contract end here.
    say(() => message.ack());
  }

  /** A state or a result, of which every ingestor wants each one. */
  hear(topic: string, payload: Uint8Array): void {
    const { handlers } = this.#ports;
    const { gateway, kind } = parseTopic(topic) ?? { gateway: ingestorIdPrefix, kind: null };
    if (gateway.startsWith(ingestorIdPrefix)) return;
    if (kind === "state") handlers.state(gateway, payload);
    else if (kind === "results") handlers.result(gateway, payload);
  }

  /** Tells the server, until the signal, that what takes long is not forgotten. */
  async keepAlive(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const { signOfLifeMs, holdMaxMs } = this.#limits;
    for (;;) {
      await clock.sleep(signOfLifeMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      const nowMs = clock.monotonicMs();
      for (const [message, sinceMs] of this.#underWay) {
        if (nowMs - sinceMs <= holdMaxMs) say(() => message.working());
      }
    }
  }

  #track(message: StreamMessage, gateway: string, work: () => Promise<Uint8Array | null>): void {
    this.#bytes += message.data.byteLength;
    this.#underWay.set(message, this.#ports.clock.monotonicMs());
    void this.#settle(message, gateway, work);
  }

  async #settle(message: StreamMessage, gateway: string, work: () => Promise<Uint8Array | null>): Promise<void> {
    const { reply, log, random } = this.#ports;
    try {
      const answer = await work();
      say(() => message.ack());
      if (answer !== null) reply(gateway, answer);
    } catch (error) {
      const code = error instanceof CarepostError ? error.code : "unknown";
      log.warn("ingest-message-not-taken", { gateway, code });
      say(() => message.nak(Math.round(this.#limits.againAfterMs * (0.5 + random() / 2))));
    } finally {
      this.#forget(message);
    }
  }

  #forget(message: StreamMessage): void {
    this.#bytes -= message.data.byteLength;
    this.#underWay.delete(message);
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

/** Without a connection nothing can be told, and the server gives the message to somebody again: nothing is lost. */
function say(acknowledge: () => void): void {
  try {
    acknowledge();
  } catch {
    // What the server does not hear it asks for again, after the time that it waits.
  }
}
