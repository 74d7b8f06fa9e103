import { natsSource } from "../../../../cloud-sync/ingest/nats/nats-source.ts";
import { mqttConnector } from "../../../../cloud-sync/mqtt/mqttjs-connection.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { sourceContract } from "../../../contracts/source.ts";
import { GatewayPeers } from "../../../doubles/gateway-peers.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { startNats } from "../../../doubles/nats-cluster.ts";
import { realClock } from "../../../doubles/real-clock.ts";

sourceContract({
  name: "NATS JetStream",
  make: async () => {
    const cluster = await startNats({ size: 1 });
    const ports = { connector: mqttConnector(), clock: realClock, random: seededRandom(1), log: keptLog() };
    const { url, mqttUrl } = cluster;
    // What was refused comes again after longer than a test lasts, so that only the gateway repeats itself.
    const limits = { againAfterMs: 600_000 };
    const source = natsSource(ports, { url, mqttUrl, clientId: "ingestor-1", limits });
    const peers = new GatewayPeers(() => ({ host: "127.0.0.1", port: cluster.nodes[0]?.mqttPort ?? 0 }));
    const { send, nextReceipt, nextCommand, receiptsWaiting } = peers;
    const stop = async (): Promise<void> => {
      await peers.stop();
      await cluster.stop();
    };
    return { source, send, nextReceipt, nextCommand, receiptsWaiting, afterRefusal: async () => undefined, stop };
  },
});
