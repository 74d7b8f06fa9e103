import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** A balancer of TCP connections on loopback: each goes to the next server in turn, and to another where that is down. */
export interface TcpBalancer {
  readonly port: number;
  /** How many connections each server has at the moment, in the order of the targets. */
  connections(): readonly number[];
  stop(): Promise<void>;
}

export async function startTcpBalancer(targets: readonly number[]): Promise<TcpBalancer> {
  const sockets = new Set<Socket>();
  const counts = targets.map(() => 0);
  let turn = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const join = async (client: Socket): Promise<void> => {
    for (let tries = 0; tries < targets.length && !client.destroyed; tries += 1) {
      turn = (turn + 1) % targets.length;
      const index = turn;
      const server = await connectTo(targets[index] ?? 0);
      if (server === null) continue;
      keep(server);
      counts[index] = (counts[index] ?? 0) + 1;
      server.on("close", () => {
        counts[index] = (counts[index] ?? 0) - 1;
        client.destroy();
      });
      client.on("close", () => server.destroy());
      client.pipe(server).pipe(client);
      if (client.destroyed) server.destroy();
      return;
    }
    client.destroy();
  };
  const server = createServer({ pauseOnConnect: true }, (client) => void join(keep(client)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: portOf(server.address()),
    connections: () => [...counts],
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function connectTo(port: number): Promise<Socket | null> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}

const portOf = (address: AddressInfo | string | null): number =>
  address !== null && typeof address === "object" ? address.port : 0;
