import { randomBytes } from "node:crypto";
import type { BrokerConnection, Connector } from "../../../cloud-sync/mqtt/connection.ts";
import { healthy, say } from "../doctor.ts";
import type { Check } from "../doctor.ts";

export interface BrokerFacts {
  readonly connector: Connector;
  readonly url: string;
  readonly protocol: "auto" | "5" | "3.1.1";
}

/**
 * A connection under an id of its own: with the gateway's it would throw the gateway out, which may be at work.
 * @throws the connector's errors
 */
export async function connectAsDoctor(facts: BrokerFacts, signal: AbortSignal): Promise<DoctorConnection> {
  const id = `doctor-${randomBytes(6).toString("hex")}`;
  const { connector, url, protocol } = facts;
  const options = { url, protocol, clientId: id, keepAliveS: 30, connectTimeoutMs: 5000 };
  return { id, connection: await connector.connect(options, signal) };
}

export interface DoctorConnection {
  readonly id: string;
  readonly connection: BrokerConnection;
}

/** Can the broker be reached, and does it let somebody in? */
export const brokerCheck = (facts: BrokerFacts): Check => ({
  name: "broker",
  run: async (signal) => {
    const startedAt = performance.now();
    const { connection } = await connectAsDoctor(facts, signal);
    await connection.close();
    const ms = Math.round(performance.now() - startedAt);
    return healthy(say("broker-answers", { url: facts.url, ms, version: connection.protocol }));
  },
});
