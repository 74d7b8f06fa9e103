import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { bluetoothErrors } from "../bluetooth-error.ts";
import type { HciTransport } from "../hci-transport.ts";
import type { Medium } from "../medium/medium.ts";
import { clearStaleSocket } from "../../stale-socket.ts";
import { h4Stream, join, whenAborted } from "./h4-stream.ts";

export interface H4Server {
  /** Resolves when it has stopped and every client is gone. */
  readonly ended: Promise<void>;
}

/**
 * Serves controllers to other processes over a Unix socket, by H4, until the signal is aborted: every client is a
 * controller on the medium, and leaves the room when it goes.
 * @throws CarepostError `hci-socket-unavailable` if the path cannot be listened on
 */
export async function serveH4(medium: Medium, path: string, signal: AbortSignal): Promise<H4Server> {
  const clients = new Set<HciTransport>();
  const server = createServer((socket) => {
    const client = h4Stream(socket);
    const controller = medium.controller();
    clients.add(client);
    join(client, controller.host());
    whenAborted(client.ended, () => {
      clients.delete(client);
      controller.remove();
    });
  });
  await listen(server, path);
  const ended = once(server, "close").then(() => undefined);
  whenAborted(signal, () => {
    server.close();
    for (const client of clients) client.close();
  });
  return { ended };
}

/**
 * A controller that another process serves.
 * @throws CarepostError `hci-socket-unavailable` if nobody answers
 */
export async function connectH4(path: string): Promise<HciTransport> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw bluetoothErrors.make("hci-socket-unavailable", `no controller answers at ${path}`, { cause: error });
  }
  return h4Stream(socket);
}

async function listen(server: Server, path: string): Promise<void> {
  try {
    await clearStaleSocket(path);
    server.listen({ path });
    await once(server, "listening");
    await chmod(path, 0o600);
  } catch (error) {
    server.close();
    throw bluetoothErrors.make("hci-socket-unavailable", `controllers cannot be served at ${path}`, { cause: error });
  }
}
