import { gatewayTopics } from "../../contract/topics.ts";
import { identify, ingestorIdPrefix } from "../broker-access.ts";
import { earSubjects } from "./fleet-ear.ts";
import { natsErrors } from "./nats-error.ts";
import { messagesStream, subjectOfTopic } from "./subject.ts";

/**
 * The users of a nats-server whose `verify_and_map` takes a client's identity from its certificate: one for each
 * gateway, bound to its own subjects, and one for each ingestor. NATS has no pattern such as `%u` in a configuration, so
 * a file is generated and loaded anew (`nats-server --signal reload`) when a gateway is enrolled or revoked.
 */
export interface NatsUsers {
  /** Common names of certificates whose subject is nothing but `CN=…`. */
  readonly gateways: readonly string[];
  readonly ingestors: readonly string[];
}

/**
 * The text of a file to `include` within an account's section. Throws `nats-user-invalid`: a name that is no gateway id,
 * such as `*`, would open the subjects of others.
 */
export function natsUsersConf({ gateways, ingestors }: NatsUsers): string {
  for (const name of gateways) if (identify(name, false)?.role !== "gateway") throw invalid(name);
  for (const name of ingestors) if (identify(name, true)?.role !== "ingestor") throw invalid(name);
  const lines = [...ingestors.map(ingestorUser), ...gateways.map(gatewayUser)];
  return `users: [\n${lines.map((line) => `  ${line}\n`).join("")}]\n`;
}

const invalid = (name: string): Error =>
  natsErrors.make("nats-user-invalid", `neither a gateway's id nor an ingestor's, ${ingestorIdPrefix}…: ${name}`);

/** It hears receipts at QoS 0: at QoS 1 the server refuses it, for it may not hear the server's own subjects. */
function gatewayUser(gateway: string): string {
  const { readings, events, state, results, receipts, commands } = gatewayTopics(gateway);
  return user(
    gateway,
    [readings, events, state, results].map(subjectOfTopic),
    [receipts, commands].map(subjectOfTopic),
  );
}

function ingestorUser(ingestor: string): string {
  const { readings, receipts, commands } = gatewayTopics("*");
  // Its own `readings` carry the canary. A client id is drawn anew at each start, so no narrower subject will do.
  const publish = ["$JS.API.>", `$JS.ACK.${messagesStream}.>`, ...[receipts, commands, readings].map(subjectOfTopic)];
  return user(ingestor, publish, ["_INBOX.>", subjectOfTopic(receipts), ...earSubjects()]);
}

function user(commonName: string, publish: readonly string[], subscribe: readonly string[]): string {
  const permissions = JSON.stringify({ publish, subscribe });
  return `{ user: ${JSON.stringify(`CN=${commonName}`)}, permissions: ${permissions} }`;
}
