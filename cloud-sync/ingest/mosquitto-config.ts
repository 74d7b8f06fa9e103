import { gatewayTopics, type TopicKind } from "../contract/topics.ts";
import { messageBytesMax } from "./batch-message.ts";
import { ingestorIdPrefix } from "./broker-access.ts";

/** What a mosquitto (2.0 or newer) has to know to serve gateways and ingestors by their certificates. */
export interface MosquittoPlan {
  readonly port: number;
  /** The address to listen on; null for all. */
  readonly host: string | null;
  /** Absolute paths of files in PEM. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly crlFile: string | null;
  /** Where the access list will lie. */
  readonly aclFile: string;
  /** By their names without `ingestor-`: mosquitto's rules know no prefix, so each has its own. */
  readonly ingestors: readonly string[];
  /** Gateways that may say and hear nothing at all, whatever certificate they have. */
  readonly denied: readonly string[];
  readonly connectionsMax: number;
}

export interface MosquittoFiles {
  readonly configuration: string;
  readonly accessList: string;
}

/** The two files' texts. Throws a RangeError for a path or a name that would be read as something else. */
export function mosquittoFiles(plan: MosquittoPlan): MosquittoFiles {
  return { configuration: configurationOf(plan), accessList: accessListOf(plan) };
}

function configurationOf(plan: MosquittoPlan): string {
  const { port, host, caFile, certFile, keyFile, crlFile, aclFile, connectionsMax } = plan;
  return [
    "# Written by `carepost broker-config mosquitto`: make it anew rather than change it.",
    `listener ${port}${host === null ? "" : ` ${line(host)}`}`,
    "",
    "# Who has no certificate of these authorities is nobody. The certificate's common name is the user name and the",
    "# client id, whatever the client says: so nobody can take another's place.",
    `cafile ${line(caFile)}`,
    `certfile ${line(certFile)}`,
    `keyfile ${line(keyFile)}`,
    ...(crlFile === null ? [] : [`crlfile ${line(crlFile)}`]),
    "tls_version tlsv1.3",
    "require_certificate true",
    "use_identity_as_username true",
    "use_username_as_clientid true",
    "allow_anonymous false",
    `acl_file ${line(aclFile)}`,
    "",
    "# What one client may use up. A message that is dropped here gets no receipt, and is sent again.",
    `max_connections ${connectionsMax}`,
    `message_size_limit ${messageBytesMax}`,
    `max_packet_size ${messageBytesMax + packetOverheadBytes}`,
    "max_inflight_messages 512",
    "max_queued_messages 10000",
    "max_queued_bytes 67108864",
    "queue_qos0_messages false",
    "max_keepalive 1200",
    "persistent_client_expiration 1d",
    "set_tcp_nodelay true",
    "",
    "# Receipts come from what is committed; a broker that forgets costs a resend, and a disk would only slow it.",
    "persistence false",
    "",
    "log_dest stderr",
    "log_type error",
    "log_type warning",
    "log_type notice",
    "",
  ].join("\n");
}

/** Topic, packet id and properties of the largest PUBLISH, and a CONNECT with its last will. */
const packetOverheadBytes = 4096;

function accessListOf({ ingestors, denied }: MosquittoPlan): string {
  const own = gatewayTopics("%u");
  const all = gatewayTopics("+");
  const up: readonly TopicKind[] = ["readings", "events", "state", "results"];
  const down: readonly TopicKind[] = ["receipts", "commands"];
  return [
    "# A gateway speaks and hears under its own name alone.",
    ...up.map((kind) => `pattern write ${own[kind]}`),
    ...down.map((kind) => `pattern read ${own[kind]}`),
    // Its canaries, on its own topics, go out by the rules above and come back by these.
    ...ingestors.flatMap((name) => [
      "",
      `user ${ingestorIdPrefix}${identifier(name)}`,
      ...up.map((kind) => `topic read ${all[kind]}`),
      ...down.map((kind) => `topic write ${all[kind]}`),
    ]),
    ...denied.flatMap((id) => ["", `user ${identifier(id)}`, "topic deny #"]),
    "",
  ].join("\n");
}

function line(text: string): string {
  if (text !== "" && text.trim() === text && !/\p{Cc}/u.test(text)) return text;
  throw new RangeError(`${JSON.stringify(text)} cannot stand in a line of mosquitto.conf`);
}

function identifier(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return name;
  throw new RangeError(`${JSON.stringify(name)} is not the name of an ingestor or a gateway`);
}
