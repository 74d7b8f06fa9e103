import type { JetStreamManager, JsMsg } from "@nats-io/jetstream";
import type { Msg, MsgCallback, NatsConnection } from "@nats-io/transport-node";
import type { Log } from "../../../device-drivers/ports/log.ts";
import { gatewayTopics } from "../../contract/topics.ts";
import { messagesPrefix, messagesStream, subjectOfTopic, topicOfLiveSubject } from "./subject.ts";

/**
 * What every ingestor wants to hear of the whole fleet: states, and results, for which the one that asked waits. The
 * shared consumer gives each message to one of the ingestors; beside it, the server hands what is published over MQTT
 * to whoever is subscribed at the moment.
 */
export interface FleetEar {
  /** From now on: what is stored later in the stream has been heard already. Only after subscriptions have spread. */
  rely(manager: JetStreamManager): Promise<void>;
  /** Has a message of the stream been heard, or, if it is a state, a later one of the same gateway? */
  covers(message: Pick<JsMsg, "seq" | "subject">): boolean;
}

/** The subjects that an ingestor's user must be allowed to subscribe to. */
export const earSubjects = (): readonly string[] => {
  const { state, results } = gatewayTopics("*");
  return [state, results].map(subjectOfTopic);
};

export interface EarPorts {
  readonly hear: (topic: string, payload: Uint8Array) => void;
  readonly log: Log;
}

/** Where the server's users do not allow it, this ingestor hears its share of what is pulled, and the log says so. */
export function openFleetEar(connection: Pick<NatsConnection, "subscribe">, { hear, log }: EarPorts): FleetEar {
  let isAllowed = true;
  let heardAfter = Infinity;
  /** Whose states were heard while what lay in the stream before is still being pulled: null when it has been. */
  let ahead: Set<string> | null = new Set();
  const onMessage: MsgCallback<Msg> = (error, { subject, data }) => {
    if (error === null) {
      if (subject.endsWith(stateEnd) && (ahead?.size ?? aheadMax) < aheadMax) ahead?.add(subject);
      return hear(topicOfLiveSubject(subject), data);
    }
    if (isAllowed) log.warn("ingest-hears-its-share", { code: "not-authorized" });
    isAllowed = false;
    ahead = null;
  };
  for (const subject of earSubjects()) connection.subscribe(subject, { callback: onMessage });
  return {
    rely: async (manager) => {
      // Where nobody says, what is pulled is heard twice, which does no harm.
      const stream = await manager.streams.info(messagesStream).catch(() => null);
      heardAfter = stream?.state.last_seq ?? Infinity;
    },
    covers: ({ seq, subject }) => {
      if (!isAllowed || seq <= heardAfter) return ahead?.has(subject.slice(messagesPrefix.length)) === true;
      ahead = null;
      return true;
    },
  };
}

const stateEnd = ".state";
/** Of some 100 bytes each. A state of those beyond it may be hidden by an older one until the next. */
const aheadMax = 100_000;
