import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { embeddedSource } from "../../../cloud-sync/ingest/embedded-source.ts";
import { sourceContract } from "../../contracts/source.ts";
import { GatewayPeers } from "../../doubles/gateway-peers.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { realClock } from "../../doubles/real-clock.ts";

sourceContract({
  name: "embedded broker",
  make: async () => {
    const listen = { host: "127.0.0.1", port: 0 };
    const source = embeddedSource(listen, { clock: realClock, log: keptLog() }, brokerLimits);
    const peers = new GatewayPeers(() => source.address() ?? listen);
    const { send, nextReceipt, receiptsWaiting } = peers;
    const afterRefusal = peers.cutOff;
    return { source, send, nextReceipt, receiptsWaiting, afterRefusal, stop: () => peers.stop() };
  },
});
