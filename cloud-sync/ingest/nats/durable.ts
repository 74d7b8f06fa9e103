import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { subjectOfTopic, messagesPrefix, messagesStream } from "./subject.ts";

/** The consumer that all ingestors share: the server remembers for it what is stored and not yet acknowledged. */
export const durableName = "carepost-ingest";

/** How long the server waits for an acknowledgement or a sign of life before another ingestor gets the message. */
export const ackWaitMs = 10_000;

/** For all ingestors together: some twenty of them with all hands full. */
const ackPendingMax = 20_000;

const wanted: Partial<ConsumerConfig> & { readonly filter_subject: string } = {
  durable_name: durableName,
  deliver_policy: DeliverPolicy.All,
  ack_policy: AckPolicy.Explicit,
  ack_wait: ackWaitMs * 1e6,
  max_ack_pending: ackPendingMax,
  max_deliver: -1,
  filter_subject: `${messagesPrefix}${subjectOfTopic("carepost/v1")}.>`,
};

/**
 * Makes sure of the stream and of the shared consumer in it, and says what was missing. The server makes the stream
 * with its first MQTT connection, so have one first. The stream keeps a message only while a consumer is interested:
 * until the consumer exists, what is published is acknowledged to the gateway and dropped.
 */
export async function ensureDurable(manager: JetStreamManager): Promise<"found" | "created"> {
  await ensureStream(manager);
  try {
    const { config } = await manager.consumers.info(messagesStream, durableName);
    if (!isAsWanted(config)) await manager.consumers.update(messagesStream, durableName, { ...config, ...wanted });
    return "found";
  } catch (error) {
    if (!isConsumerMissing(error)) throw error;
    await manager.consumers.add(messagesStream, wanted);
    return "created";
  }
}

/** Is the shared consumer, or its stream, gone? False also if nobody can say at the moment. */
export async function durableIsGone(manager: JetStreamManager): Promise<boolean> {
  try {
    await manager.consumers.info(messagesStream, durableName);
    return false;
  } catch (error) {
    return isConsumerMissing(error) || isStreamMissing(error);
  }
}

/** A server that has seen its stream deleted does not make it again; then it is made here, as the server would. */
async function ensureStream(manager: JetStreamManager): Promise<void> {
  try {
    await manager.streams.info(messagesStream);
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    const { config } = await manager.streams.info("$MQTT_sess");
    await manager.streams.add({
      name: messagesStream,
      subjects: [`${messagesPrefix}>`],
      storage: StorageType.File,
      retention: RetentionPolicy.Interest,
      num_replicas: config.num_replicas,
    });
  }
}

const isAsWanted = (config: ConsumerConfig): boolean =>
  config.ack_wait === wanted.ack_wait &&
  config.max_ack_pending === wanted.max_ack_pending &&
  config.filter_subject === wanted.filter_subject;

/** The server's own numbers of errors. */
const isConsumerMissing = (error: unknown): boolean => error instanceof JetStreamApiError && error.code === 10_014;
const isStreamMissing = (error: unknown): boolean => error instanceof JetStreamApiError && error.code === 10_059;
