import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import { type BrokerSource, brokerSource } from "../../cloud-sync/ingest/broker-source.ts";
import type { ShareWish } from "../../cloud-sync/ingest/fleet-subscription.ts";
import type { OutgoingMessage } from "../../cloud-sync/mqtt/connection.ts";
import type { SourceHandlers } from "../../cloud-sync/ingest/source.ts";
import { createMemoryBroker, type MemoryBroker } from "../../cloud-sync/mqtt/memory-broker.ts";
import { createVirtualClock, type VirtualClock } from "../../simulators/clock/virtual-clock.ts";
import { seededRandom } from "../../simulators/random.ts";
import { type KeptLog, keptLog } from "./kept-log.ts";

export interface GroupMember {
  readonly source: BrokerSource;
  readonly handlers: SourceHandlers;
  readonly log: KeptLog;
  /** The gateways whose batches it has taken, and whose states it has heard. */
  readonly taken: readonly string[];
  readonly states: readonly string[];
  /** From now on its sink fails so; null mends it. */
  fail(error: Error | null): void;
  /** From now on nothing that reaches it is looked at, and nothing is answered. */
  freeze(): void;
}

/** Ingestors that share the messages of one broker, all in memory and in virtual time. */
export interface SourceGroup {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly member: (clientId: string, share?: ShareWish) => GroupMember;
  readonly publish: (gateway: string, kind?: "readings" | "state") => void;
}

export function createSourceGroup(): SourceGroup {
  const clock = createVirtualClock(0);
  const broker = createMemoryBroker({ clock });
  return {
    clock,
    broker,
    member: (clientId, share = { group: "carepost", required: false }) => newMember(clock, broker, { clientId, share }),
    publish: (gateway, kind = "readings") =>
      broker.publish({ ...readingMessage(gateway), topic: gatewayTopics(gateway)[kind] }),
  };
}

function newMember(
  clock: VirtualClock,
  broker: MemoryBroker,
  { clientId, share }: { readonly clientId: string; readonly share: ShareWish },
): GroupMember {
  const log = keptLog();
  const [taken, states]: [string[], string[]] = [[], []];
  let failure: Error | null = null;
  let frozen = false;
  const connector: MemoryBroker["connector"] = {
    connect: async (options, signal) => {
      const connection = await broker.connector.connect(options, signal);
      const onMessage = connection.onMessage.bind(connection);
      connection.onMessage = (listener) =>
        onMessage((message) => (frozen ? new Promise(() => undefined) : listener(message)));
      return connection;
    },
  };
  const ports = { connector, clock, random: seededRandom(clientId.length + clientId.charCodeAt(9)), log };
  return {
    source: brokerSource(ports, { url: "mqtt://memory:1883", clientId, protocol: "auto", share }),
    handlers: {
      ...deaf,
      batch: async (gateway) => {
        if (failure !== null) throw failure;
        taken.push(gateway);
        return null;
      },
      state: (gateway) => void states.push(gateway),
    },
    log,
    taken,
    states,
    fail: (error) => {
      failure = error;
    },
    freeze: () => {
      frozen = true;
    },
  };
}

/** Handlers that take everything and keep nothing. */
export const deaf: SourceHandlers = {
  batch: async () => null,
  event: async () => null,
  state: () => undefined,
  result: () => undefined,
};

/** What a gateway publishes, as far as a source looks at it. */
export const readingMessage = (gateway: string): OutgoingMessage => ({
  topic: gatewayTopics(gateway).readings,
  payload: Buffer.from("x"),
  qos: 1,
  retain: false,
});
