import type { Clock, Random } from "../../../device-drivers/ports/clock.ts";
import { gatewayTopics } from "../../contract/topics.ts";
import { connectionErrors } from "../../mqtt/connection-error.ts";
import type { BrokerConnection } from "../../mqtt/connection.ts";
import { ingestErrors } from "../ingest-error.ts";

export interface CanaryOptions {
  readonly clientId: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** One that was taken by an ingestor that froze comes back to the others only after a while: a fresh one is faster. */
const againMs = 2000;

/** What a canary is at most; anything larger under an ingestor's name is not answered. */
export const canaryBytesMax = 128;

/**
 * Goes the whole way of a reading: published over MQTT as if by a gateway, stored, pulled by whichever ingestor, and
 * answered by it on the `receipts` topic, as receipts are. Rejects with `broker-unfit` if no answer comes.
 */
export async function proveWithCanary(
  connection: BrokerConnection,
  { clientId, timeoutMs, clock, random }: CanaryOptions,
  signal: AbortSignal,
): Promise<void> {
  const payload = new TextEncoder().encode(`canary ${random()}`);
  const topics = gatewayTopics(clientId);
  const answered = new AbortController();
  connection.onMessage((message) => {
    if (Buffer.compare(message.payload, payload) === 0) answered.abort();
  });
  await connection.subscribe(topics.receipts, 0);
  const over = AbortSignal.any([signal, answered.signal]);
  void connection.closed.then(() => answered.abort("lost"));
  const untilMs = clock.monotonicMs() + timeoutMs;
  while (!over.aborted && clock.monotonicMs() < untilMs) {
    // An acknowledgement that is overdue is no reason to wait longer: the connection's end, or the time, decides.
    const sent = connection.publish({ topic: topics.readings, payload, qos: 1, retain: false });
    sent.catch(() => undefined);
    await clock.sleep(againMs, over).catch(() => undefined);
  }
  signal.throwIfAborted();
  // A broker that goes away says nothing of what it would have delivered.
  if (answered.signal.reason === "lost") {
    throw connectionErrors.make("connection-lost", "the broker went away during the canary");
  }
  if (answered.signal.aborted) return;
  throw ingestErrors.make("broker-unfit", "what was published over MQTT did not arrive through JetStream and back");
}
