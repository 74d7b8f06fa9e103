import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { embeddedSource } from "../../../cloud-sync/ingest/embedded-source.ts";
import { sourceContract } from "../../contracts/source.ts";
import { GatewayPeers } from "../../doubles/gateway-peers.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { testAuthority } from "../../doubles/test-authority.ts";

sourceContract({
  name: "embedded broker",
  make: async () => {
    const listen = { host: "127.0.0.1", port: 0 };
    const source = embeddedSource(listen, { clock: realClock, log: keptLog() }, brokerLimits);
    const peers = new GatewayPeers(() => source.address() ?? listen);
    const { send, nextReceipt, nextCommand, receiptsWaiting } = peers;
    const afterRefusal = peers.cutOff;
    return { source, send, nextReceipt, nextCommand, receiptsWaiting, afterRefusal, stop: () => peers.stop() };
  },
});

sourceContract({
  name: "embedded broker over mutual TLS",
  make: async () => {
    const authority = await testAuthority();
    const server = await authority.server();
    const listen = { host: "0.0.0.0", port: 0 };
    const ports = { clock: realClock, log: keptLog(), tls: { material: () => server } };
    const source = embeddedSource(listen, ports, brokerLimits);
    const certificates = new Map<string, Awaited<ReturnType<typeof authority.gateway>>>();
    const peers = new GatewayPeers(async (gateway) => {
      const tls = certificates.get(gateway) ?? (await authority.gateway(gateway));
      certificates.set(gateway, tls);
      return { host: "127.0.0.1", port: source.address()?.port ?? 0, tls };
    });
    const { send, nextReceipt, nextCommand, receiptsWaiting } = peers;
    const afterRefusal = peers.cutOff;
    return { source, send, nextReceipt, nextCommand, receiptsWaiting, afterRefusal, stop: () => peers.stop() };
  },
});
