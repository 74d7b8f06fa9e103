import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { fleetFilter, gatewayTopics, type TopicKind } from "../contract/topics.ts";
import { connectionErrors } from "../mqtt/connection-error.ts";
import type { BrokerConnection } from "../mqtt/connection.ts";
import { sharedFilter } from "../mqtt/topic-filter.ts";
import type { Canaries } from "./canaries.ts";
import { ingestErrors } from "./ingest-error.ts";

/** The group whose members share the messages of the fleet (MQTT 5 §4.8.2, shared subscriptions). */
export interface ShareWish {
  /** Goes into `$share/{group}/…`. All members of a group must have the same sink. */
  readonly group: string;
  /** On a broker that does not share: fail with `broker-unfit`, or else take every message. */
  readonly required: boolean;
}

export interface FleetLink {
  readonly connection: BrokerConnection;
  readonly canaries: Canaries;
  readonly clientId: string;
  readonly canaryTimeoutMs: number;
}

/** Of what is stored and answered each message is for one member of a group. */
const sharedKinds: readonly TopicKind[] = ["readings", "events"];
/** Every member wants the state of the whole fleet; and of a result it is the one that asked who waits for it. */
const ownKinds: readonly TopicKind[] = ["state", "results"];

/** Subscribes to all that gateways send, and proves that it is delivered. */
export async function subscribeToFleet({ connection, canaries, clientId, canaryTimeoutMs }: FleetLink): Promise<void> {
  for (const kind of [...sharedKinds, ...ownKinds]) await connection.subscribe(fleetFilter(kind), 1);
  const topic = gatewayTopics(clientId).readings;
  const flight = { topic, timeoutMs: canaryTimeoutMs, everyMs: canaryTimeoutMs };
  if (!(await canaries.fly(flight))) throw ingestErrors.make("broker-unfit", "the broker did not deliver the canary");
}

/**
 * Why this broker does not share, in words; null if it does. The proof is a group of this ingestor alone, over the
 * topic on which it hears answers: nobody else can take its canary, however many members are frozen.
 */
export async function whyNotShared(link: FleetLink, { group, required }: ShareWish): Promise<string | null> {
  const { connection, canaries, clientId, canaryTimeoutMs } = link;
  if (connection.protocol !== "5" && !required) return "the broker does not speak MQTT 5";
  if (connection.sharedSubscriptions === false) return "the broker says that it has no shared subscriptions";
  const topic = gatewayTopics(clientId).receipts;
  try {
    await connection.subscribe(sharedFilter(`${group}-${clientId}`, topic), 1);
    const arrives = await canaries.fly({ topic, timeoutMs: canaryTimeoutMs, everyMs: canaryTimeoutMs });
    return arrives ? null : "the broker granted a shared subscription and delivers nothing on it";
  } catch (error) {
    if (!connectionErrors.is(error) || error.code === "connection-lost") throw error;
    return `the broker refuses a shared subscription: ${error.message}`;
  }
}

export const sharesNothing = (reason: string): CarepostError => ingestErrors.make("broker-unfit", reason);

/**
 * Joins the group, and proves that somebody in it gets what is sent to it. Canaries go out until one is answered: those
 * that a frozen member has got are not.
 */
export async function joinGroup(link: FleetLink, group: string): Promise<void> {
  const { connection, canaries, clientId, canaryTimeoutMs } = link;
  for (const kind of sharedKinds) await connection.subscribe(sharedFilter(group, fleetFilter(kind)), 1);
  for (const kind of ownKinds) await connection.subscribe(fleetFilter(kind), 1);
  const topic = gatewayTopics(clientId).readings;
  const flight = { topic, timeoutMs: canaryTimeoutMs, everyMs: canaryTimeoutMs / groupCanaries };
  if (await canaries.fly(flight)) return;
  throw ingestErrors.make("share-group-silent", "no member of the group answered a canary");
}

/** Leaves the group while the connection lasts, so that the broker gives nothing more to a member that is about to go. */
export async function leaveGroup({ connection }: FleetLink, group: string): Promise<void> {
  const leaving = sharedKinds.map(async (kind) => {
    await connection.unsubscribe?.(sharedFilter(group, fleetFilter(kind)));
  });
  await Promise.all(leaving);
}

const groupCanaries = 20;
