import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { simulatorErrors } from "../simulator-error.ts";
import { clearStaleSocket } from "../stale-socket.ts";
import { AirClient } from "./air-client.ts";
import { CentralKeys } from "./client-pairing.ts";
import type { VirtualAir } from "./virtual-air.ts";

/** Where the air is served: a Unix socket's path, or a port of the loopback interface (0 picks a free one). */
export type AirAddress = string | { readonly port: number };

export interface AirServer {
  /** With the port that was picked. */
  readonly address: AirAddress;
  /** Resolves when the server has stopped and every client is gone. */
  readonly ended: Promise<void>;
}

/**
 * Serves an air to other processes, by `ports/air-protocol.ts`, until the signal is aborted. Several clients hear the
 * same air; a device takes one connection at a time.
 * @throws CarepostError `air-unavailable` if the address cannot be listened on
 */
export async function serveAir(air: VirtualAir, address: AirAddress, signal: AbortSignal): Promise<AirServer> {
  const sockets = new Set<Socket>();
  const keys = new CentralKeys();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    serveClient(air, socket, keys);
  });
  const served = await listen(server, address);
  const ended = once(server, "close").then(() => undefined);
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return { address: served, ended };
}

const serveClient = (air: VirtualAir, socket: Socket, keys: CentralKeys): AirClient => new AirClient(air, socket, keys);

async function listen(server: Server, address: AirAddress): Promise<AirAddress> {
  try {
    if (typeof address !== "string") {
      server.listen({ port: address.port, host: "127.0.0.1", backlog: 16 });
      await once(server, "listening");
      const bound = server.address();
      return { port: typeof bound === "object" && bound !== null ? bound.port : address.port };
    }
    await clearStaleSocket(address);
    server.listen({ path: address, backlog: 16 });
    await once(server, "listening");
    await chmod(address, 0o600);
    return address;
  } catch (error) {
    throw simulatorErrors.make("air-unavailable", `the air cannot be served at ${addressText(address)}`, {
      cause: error,
    });
  }
}

export const addressText = (address: AirAddress): string =>
  typeof address === "string" ? address : `127.0.0.1:${address.port}`;
