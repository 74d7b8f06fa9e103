import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Log } from "../../device-drivers/ports/log.ts";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { encodeReceipt, type EventReceiptMessage, type ReceiptMessage } from "../contract/delivery.ts";
import { gatewayTopics, parseTopic } from "../contract/topics.ts";
import type { IncomingMessage, OutgoingMessage } from "../mqtt/connection.ts";
import { ingestorIdPrefix } from "./broker-access.ts";
import { isCanary } from "./canaries.ts";
import type { FleetLink } from "./fleet-subscription.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { Slots } from "./slots.ts";
import type { SourceHandlers } from "./source.ts";

/** One connection to the broker, from its subscriptions to its end. */
export interface BrokerSession extends FleetLink {
  /** For receipts and commands that wait for the broker's PUBACK. */
  readonly slots: Slots;
  /** With whom the messages are shared; null if this ingestor takes every one. */
  group: string | null;
  givesBack: boolean;
  /** Messages that the broker was not told to forget, because they could not be committed. */
  notCommitted: number;
}

export interface BrokerIntakeOptions {
  readonly handlers: SourceHandlers;
  readonly clock: Clock;
  readonly log: Log;
  readonly messagesUnderWayMax: number;
  readonly giveBackAfterMs: number;
  readonly stop: AbortSignal;
}

/**
 * What becomes of the messages that a broker sends to an ingestor: each goes to the handlers and is answered with its
 * receipt. In a group, what could not be committed is not acknowledged, so that another member gets it.
 */
export class BrokerIntake {
  readonly #options: BrokerIntakeOptions;
  readonly #underWay = new Set<Promise<void>>();
  #shed = 0;
  #done = 0;

  constructor(options: BrokerIntakeOptions) {
    this.#options = options;
  }

  /** Messages that were dropped because too many were under way. */
  get shed(): number {
    return this.#shed;
  }

  /** Resolves when nothing of what was taken is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** A promise for what is acknowledged to the broker when it is committed; nothing for what is at once. */
  take(session: BrokerSession, { topic, payload }: IncomingMessage): Promise<void> | undefined {
    const parsed = parseTopic(topic);
    if (parsed === null) return undefined;
    const { gateway, kind } = parsed;
    const { handlers } = this.#options;
    if (gateway === session.clientId) session.canaries.hear(payload);
    // What ingestors say to one another is nobody's readings.
    else if (gateway.startsWith(ingestorIdPrefix)) answerCanary(session, gateway, payload);
    else if (this.#options.stop.aborted) return this.#leaveToOthers(session);
    else if (kind === "state") handlers.state(gateway, payload);
    else if (kind === "results") handlers.result(gateway, payload);
    else if (kind === "events" || kind === "readings")
      return this.#track(session, gateway, () => this.#takeAnswered(session, gateway, { kind, payload }));
    return undefined;
  }

  /** While stopping: whoever acknowledges without a commit takes the message from the other members. */
  #leaveToOthers({ group }: BrokerSession): Promise<void> | undefined {
    return group === null ? undefined : Promise.reject(this.#options.stop.reason);
  }

  async #takeAnswered(
    session: BrokerSession,
    gateway: string,
    { kind, payload }: { readonly kind: "events" | "readings"; readonly payload: Uint8Array },
  ): Promise<void> {
    const { handlers } = this.#options;
    const receipt = await (kind === "readings" ? handlers.batch(gateway, payload) : handlers.event(gateway, payload));
    if (receipt !== null) await this.#sendReceipt(session, gateway, receipt);
  }

  /** Runs the work for one message, if there is room for it. Without a receipt the gateway sends the message again. */
  #track(session: BrokerSession, gateway: string, work: () => Promise<void>): Promise<void> | undefined {
    if (this.#underWay.size >= this.#options.messagesUnderWayMax) {
      this.#shed += 1;
      return undefined;
    }
    const done = work();
    const settled = this.#settle(session, gateway, done);
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return session.group === null ? undefined : acknowledgeable(done);
  }

  /** Waits for the work, and sees to what it failed with. Never rejects. */
  async #settle(session: BrokerSession, gateway: string, done: Promise<void>): Promise<void> {
    try {
      await done;
      this.#done += 1;
    } catch (error) {
      const code = error instanceof CarepostError ? error.code : "unknown";
      this.#options.log.warn("ingest-message-not-taken", { gateway, code });
      if (session.group !== null && !isOwnAffair(error)) void this.#giveBack(session);
    }
  }

  async #sendReceipt(
    session: BrokerSession,
    gateway: string,
    receipt: ReceiptMessage | EventReceiptMessage,
  ): Promise<void> {
    const { receipts: topic } = gatewayTopics(gateway);
    const isSent = await publishInTurn(session, { ...encodeReceipt(receipt), topic, qos: 1, retain: false });
    // A receipt that is lost costs a resend, which is answered "duplicate".
    if (!isSent) this.#options.log.debug("ingest-receipt-lost", { gateway });
  }

  /**
   * Ends the connection after a while, so that the broker gives what is not acknowledged to other members. Not if the
   * sink takes messages again, or takes others: then a few may stay where they are, and their gateways send them again.
   */
  async #giveBack(session: BrokerSession): Promise<void> {
    const { clock, log, stop, giveBackAfterMs, messagesUnderWayMax } = this.#options;
    session.notCommitted += 1;
    if (session.givesBack) return;
    session.givesBack = true;
    const doneBefore = this.#done;
    try {
      await clock.sleep(giveBackAfterMs, stop);
    } catch {
      // Stopping ends the connection too.
      return;
    }
    session.givesBack = false;
    if (this.#done > doneBefore && session.notCommitted < messagesUnderWayMax / 2) return;
    log.warn("ingest-gives-back", { waiting: session.notCommitted });
    await session.connection.close();
  }
}

/** As soon as few enough wait for the broker's PUBACK. False if it did not come; never rejects. */
export async function publishInTurn({ connection, slots }: BrokerSession, message: OutgoingMessage): Promise<boolean> {
  await slots.take();
  try {
    await connection.publish(message);
    return true;
  } catch {
    return false;
  } finally {
    slots.release();
  }
}

/** Another member of the group has sent it, and cannot know who got it. */
function answerCanary({ group, connection }: BrokerSession, asker: string, payload: Uint8Array): void {
  if (group === null || !isCanary(payload)) return;
  const { receipts: topic } = gatewayTopics(asker);
  connection.publish({ topic, payload, qos: 0, retain: false }).catch(() => undefined);
}

/** One gateway's quota is its own affair; a sink that is down is a reason to let others have the messages. */
const isOwnAffair = (error: unknown): boolean => ingestErrors.is(error, "dead-letters-full");

/** A gateway that is over its quota gets no receipt; the broker is done with its message all the same. */
const acknowledgeable = (done: Promise<void>): Promise<void> =>
  done.catch((error: unknown) => {
    if (!isOwnAffair(error)) throw error;
  });
