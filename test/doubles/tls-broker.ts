import type { Clock } from "../../device-drivers/ports/clock.ts";
import { type BrokerLimits, brokerLimits } from "../../cloud-sync/ingest/broker-limits.ts";
import { type EmbeddedBroker, type Publication, startEmbeddedBroker } from "../../cloud-sync/ingest/embedded-broker.ts";
import type { BrokerTls } from "../../cloud-sync/ingest/tls-gate.ts";
import { type KeptLog, keptLog } from "./kept-log.ts";
import type { PeerAddress } from "./mqtt-peer.ts";
import { realClock } from "./real-clock.ts";
import { testAuthority } from "./test-authority.ts";

/** An embedded broker that listens over TLS, what it took, and what it told its log. */
export interface TlsBroker {
  readonly broker: EmbeddedBroker;
  readonly taken: readonly Publication[];
  readonly log: KeptLog;
  /** How a peer with this certificate reaches it. */
  readonly at: (tls: PeerAddress["tls"]) => PeerAddress;
}

export interface TlsBrokerOptions {
  readonly limits?: Partial<BrokerLimits>;
  readonly tls?: Partial<BrokerTls>;
  /** `broker` runs without an ingestor of its own, and lets ingestors in. */
  readonly role?: "all" | "broker";
  readonly clock?: Clock;
}

export async function startTlsBroker({
  limits = {},
  tls = {},
  role = "all",
  clock = realClock,
}: TlsBrokerOptions = {}): Promise<TlsBroker> {
  const server = await (await testAuthority()).server();
  const log = keptLog();
  const taken: Publication[] = [];
  const take = async (publication: Publication): Promise<void> => {
    taken.push(publication);
  };
  const broker = await startEmbeddedBroker(
    { host: "127.0.0.1", port: 0 },
    { ...brokerLimits, ...limits },
    { clock, log, tls: { material: () => server, ...tls }, ...(role === "all" ? { take } : {}) },
  );
  return { broker, taken, log, at: (material) => ({ ...broker.address, tls: material }) };
}
