import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type H4Socket, openH4Socket } from "../../../../gateway/radio/noble/h4-socket.ts";

interface Stage {
  readonly socket: H4Socket;
  readonly packets: string[];
  readonly states: boolean[];
  /** The controller's ends, the newest last. */
  readonly clients: Socket[];
}

async function stage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "carepost-h4-"));
  const path = join(folder, "hci.sock");
  const clients: Socket[] = [];
  const server = createServer((client) => void clients.push(client));
  server.listen(path);
  await once(server, "listening");
  const socket = await openH4Socket(path);
  const packets: string[] = [];
  const states: boolean[] = [];
  socket.on("data", (packet: Buffer) => packets.push(packet.toString("hex")));
  socket.on("state", (isUp: boolean) => states.push(isUp));
  onTestFinished(() => {
    socket.stop();
    server.close();
    for (const client of clients) client.destroy();
    rmSync(folder, { recursive: true });
  });
  await expect.poll(() => clients).toHaveLength(1);
  return { socket, packets, states, clients };
}

test("packets are whole, however the stream is cut", async () => {
  const { clients, packets } = await stage();
  for (const octet of Buffer.from("040e0401030c000240200400aabbccdd", "hex")) clients[0]?.write(Uint8Array.of(octet));
  await expect.poll(() => packets).toEqual(["040e0401030c00", "0240200400aabbccdd"]);
});

test("a stream that is out of step is given up, and the socket tried again", async () => {
  const { clients, packets, socket, states } = await stage();
  clients[0]?.write(Uint8Array.of(0x04, 0x0e, 0x00, 0x77));
  await expect.poll(() => states).toEqual([false, true]);
  expect([packets, socket.isDevUp()]).toEqual([["040e00"], true]);
  socket.reset();
  const [octets] = await once(clients[1] ?? socket, "data");
  expect(Buffer.from(octets).toString("hex")).toBe("01030c00");
});

test("a socket that was stopped stays so until it is started", async () => {
  const { clients, socket, states } = await stage();
  socket.stop();
  expect(socket.isDevUp()).toBe(false);
  socket.write(Buffer.of(1));
  socket.start();
  await expect.poll(() => states).toEqual([true]);
  expect(clients).toHaveLength(2);
});

test("however often it is started and stopped while it connects, it is one controller", async () => {
  const { clients, packets, socket, states } = await stage();
  for (let round = 0; round < 3; round += 1) {
    socket.stop();
    socket.start();
    socket.start();
  }
  await expect.poll(() => states).toEqual([true]);
  for (const client of clients) if (!client.destroyed) client.write(Uint8Array.of(0x04, 0x0e, 0x00));
  await expect.poll(() => packets).toEqual(["040e00"]);
  await expect.poll(() => clients.filter(({ closed }) => !closed).length).toBe(1);
});
