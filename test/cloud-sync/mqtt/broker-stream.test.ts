import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { brokerStream } from "../../../cloud-sync/mqtt/broker-stream.ts";
import { testAuthority } from "../../doubles/test-authority.ts";

test("the address and the port are the broker's, and MQTT's own port where none is said", async () => {
  const tls = { ca: null, cert: null, key: null };
  expect(await target("mqtt://127.0.0.1:2883")).toEqual(["127.0.0.1", 2883]);
  expect(await target("mqtt://127.0.0.1")).toEqual(["127.0.0.1", 1883]);
  expect(await target("mqtts://127.0.0.1", () => tls)).toEqual(["127.0.0.1", 8883]);
  expect(await target("mqtts://[::1]:2884")).toEqual(["::1", 2884]);
});

/** Where it would go: nobody has to be there. */
async function target(url: string, tls?: Parameters<typeof brokerStream>[0]["tls"]): Promise<readonly unknown[]> {
  const socket = brokerStream({ url, tls });
  socket.on("error", () => undefined);
  const [address, port]: readonly unknown[] = await once(socket, "connectionAttempt");
  socket.destroy();
  return [address, port];
}

test("whoever has a certificate to show never sends a byte in plain", async () => {
  const { server, port } = await listen();
  const material = await (await testAuthority()).gateway("gw-1");
  const arrived = once(server, "connection").then(async ([socket]) => {
    const [bytes] = await once(socket, "data");
    socket.destroy();
    return bytes;
  });
  const socket = brokerStream({ url: `mqtt://127.0.0.1:${port}`, tls: () => material });
  socket.on("error", () => undefined);
  socket.write("CONNECT");
  expect(socket).toBeInstanceOf(TLSSocket);
  // The first byte of a TLS record that holds a handshake (RFC 8446, 5.1).
  expect((await arrived)[0]).toBe(22);
  socket.destroy();
  server.close();
});

async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : 0 };
}
