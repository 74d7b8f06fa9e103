/** The topics of the delivery contract. `v1` is its major version, `{gw}` the gateway id. */
export const contractVersion = 1;

export interface GatewayTopics {
  /** Up, QoS 1: a batch of readings. */
  readonly readings: string;
  /** Down, QoS 1: the ingestor's receipt for a batch. */
  readonly receipts: string;
  /** Up, QoS 1: enrolments, consent changes, tombstones. */
  readonly events: string;
  /** Up, retained, last will: how the gateway is. */
  readonly state: string;
  /** Down, QoS 1: what the cloud asks of the gateway. */
  readonly commands: string;
  /** Up, QoS 1: what became of a command. */
  readonly results: string;
}

export type TopicKind = keyof GatewayTopics;

export const topicKinds = ["readings", "receipts", "events", "state", "commands", "results"] as const;

export const gatewayTopics = (gateway: string): GatewayTopics => {
  const root = `carepost/v${contractVersion}/${gateway}`;
  return {
    readings: `${root}/readings`,
    receipts: `${root}/receipts`,
    events: `${root}/events`,
    state: `${root}/state`,
    commands: `${root}/commands`,
    results: `${root}/results`,
  };
};

/** A subscription filter for one kind of topic of every gateway. */
export const fleetFilter = (kind: TopicKind): string => `carepost/v${contractVersion}/+/${kind}`;

/** Takes a topic apart; null for whatever is not of this contract. */
export function parseTopic(topic: string): { readonly gateway: string; readonly kind: TopicKind } | null {
  const match = /^carepost\/v1\/([A-Za-z0-9][A-Za-z0-9_.-]{0,63})\/([a-z]+)$/.exec(topic);
  const [, gateway, kindText] = match ?? [];
  const kind = topicKinds.find((candidate) => candidate === kindText);
  return gateway === undefined || kind === undefined ? null : { gateway, kind };
}
