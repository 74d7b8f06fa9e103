import { connect, createServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import { expect, test } from "vitest";
import { brokerLimits } from "../../../cloud-sync/ingest/broker-limits.ts";
import { startEmbeddedBroker } from "../../../cloud-sync/ingest/embedded-broker.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { connectPacket, fixedHeader, joinAs, packetTypes, pingPacket } from "../../doubles/mqtt-peer.ts";
import { realClock } from "../../doubles/real-clock.ts";

test("a packet that is announced too large is cut off unread, before and after CONNECT", async () => {
  const ports = { clock: realClock, log: keptLog(), take: () => Promise.resolve() };
  const broker = await startEmbeddedBroker({ host: "127.0.0.1", port: 0 }, brokerLimits, ports);
  const grownBytes = await floodedBytes(broker.address);
  expect(broker.counts().refused["packet-too-large"]).toBe(16);
  expect(grownBytes).toBeLessThan(16 * 2 ** 20);
  const peer = await joinAs(broker.address, "gw-good");
  peer.send(pingPacket());
  expect((await peer.next()).type).toBe(packetTypes.pingresp);
  await broker.close();
});

test("the same flood fills the memory of a broker without the guard, so the flood is a real one", async () => {
  const aedes = await Aedes.createBroker();
  const server = createServer((socket) => void aedes.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const grownBytes = await floodedBytes({ host: "127.0.0.1", port });
  expect(grownBytes).toBeGreaterThan(96 * 2 ** 20);
  server.close();
  await new Promise<void>((resolve) => aedes.close(resolve));
});

/**
 * Announces packets of 256 MB, eight times without a CONNECT and eight times after one, and sends 12 MB of each.
 * Answers how much more memory this process holds in buffers afterwards; what is sent is one buffer, shared by all.
 */
async function floodedBytes(address: { readonly host: string; readonly port: number }): Promise<number> {
  const flood = Buffer.alloc(12 * 2 ** 20, 0x61);
  const before = process.memoryUsage().arrayBuffers;
  const sockets: Socket[] = [];
  for (let n = 0; n < 16; n += 1) {
    const socket = connect(address);
    socket.on("error", () => undefined);
    sockets.push(socket);
    if (n >= 8) socket.write(connectPacket(`gw-${n}`));
    socket.write(fixedHeader(n >= 8 ? 0x32 : 0x10, 256 * 2 ** 20 - 1));
    await Promise.race([
      new Promise((resolve) => socket.write(flood, resolve)),
      new Promise((resolve) => socket.once("close", resolve)),
    ]);
  }
  const grown = process.memoryUsage().arrayBuffers - before;
  for (const socket of sockets) socket.destroy();
  return grown;
}
