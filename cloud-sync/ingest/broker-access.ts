import { fleetFilter, gatewayTopics, parseTopic, type TopicKind } from "../contract/topics.ts";

/**
 * Who may say and hear what. Without client certificates the client id is the identity, which is why the broker listens
 * on loopback only. A gateway's client id is its gateway id; an ingestor's starts with `ingestor-`, so no gateway's may.
 */
export type Identity =
  | { readonly role: "gateway"; readonly id: string }
  | { readonly role: "ingestor"; readonly id: string };

export const ingestorIdPrefix = "ingestor-";

/** Who a client id stands for; null if nobody. Ingestors are let in where the broker runs without one of its own. */
export function identify(clientId: string, ingestorsAllowed: boolean): Identity | null {
  // A client id takes the place of `{gw}` in a topic, so it is valid exactly if such a topic can be taken apart.
  if (parseTopic(gatewayTopics(clientId).state)?.gateway !== clientId) return null;
  if (!clientId.startsWith(ingestorIdPrefix)) return { role: "gateway", id: clientId };
  return ingestorsAllowed ? { role: "ingestor", id: clientId } : null;
}

export interface PublishRequest {
  readonly topic: string;
  readonly retain: boolean;
}

export interface PublishGrant {
  readonly gateway: string;
  readonly kind: TopicKind;
}

const upKinds: ReadonlySet<TopicKind> = new Set<TopicKind>(["readings", "events", "state", "results"]);
const downKinds: ReadonlySet<TopicKind> = new Set<TopicKind>(["receipts", "commands"]);

/** May it publish this? Null if not. Only a state is retained: a retained batch would come again with every subscription. */
export function publishGrant(identity: Identity, { topic, retain }: PublishRequest): PublishGrant | null {
  const parsed = parseTopic(topic);
  if (parsed === null || (retain && parsed.kind !== "state")) return null;
  const own = parsed.gateway === identity.id;
  if (identity.role === "gateway") return own && upKinds.has(parsed.kind) ? parsed : null;
  // An ingestor's own `readings` topic carries its canary: the proof that its subscription delivers.
  if (own) return parsed.kind === "readings" ? parsed : null;
  return downKinds.has(parsed.kind) ? parsed : null;
}

/** May it subscribe to this? A gateway to what is meant for it alone, an ingestor to what all gateways send. */
export function maySubscribe(identity: Identity, filter: string): boolean {
  if (identity.role === "ingestor") return [...upKinds].some((kind) => filter === fleetFilter(kind));
  const parsed = parseTopic(filter);
  return parsed !== null && parsed.gateway === identity.id && downKinds.has(parsed.kind);
}
