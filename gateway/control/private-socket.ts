import { once } from "node:events";
import { chmod, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";

export interface PrivateSocket {
  readonly path: string;
  readonly visitorsMax: number;
  /** One connection, for as long as it lasts. */
  readonly meet: (socket: Socket) => void;
  /** It cannot be made: whoever serves does its work without. */
  readonly failed: (cause: unknown) => void;
}

/** Serves a Unix socket that only the own user can open, until the signal. Never rejects before. */
export async function servePrivateSocket(
  { path, visitorsMax, meet, failed }: PrivateSocket,
  signal: AbortSignal,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    meet(socket);
  });
  server.maxConnections = visitorsMax;
  const stopped = aborted(signal);
  const isServed = await listen(server, path, visitorsMax).then(
    () => true,
    (cause: unknown) => {
      failed(cause);
      return false;
    },
  );
  await stopped;
  if (!isServed) return;
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
  await rm(path, { force: true });
}

/**
 * The socket is made where nobody else can go, closed to others, and only then put in its place. One that was left by a
 * program that was killed goes by that; of two that run, one has the database.
 */
async function listen(server: Server, path: string, backlog: number): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), ".control-"));
  try {
    const early = join(folder, "s");
    server.listen({ path: early, backlog });
    await once(server, "listening");
    await chmod(early, 0o600);
    await rename(early, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
