import { once } from "node:events";
import { chmod, mkdtemp, rename, rm, stat } from "node:fs/promises";
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

/** Serves a Unix socket that only the own user can open, until the signal. Never rejects. */
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
  const own = await listen(server, path, visitorsMax).catch((cause: unknown) => {
    failed(cause);
    return null;
  });
  await stopped;
  if (own === null) return;
  const closed = once(server, "close");
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
  await removeOwn(path, own);
}

/** Another program may have put its own in this place meanwhile. One that cannot be removed hinders nobody. */
async function removeOwn(path: string, own: number): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there?.ino === own) await rm(path, { force: true }).catch(() => undefined);
}

/**
 * The socket is made where nobody else can go, closed to others, and only then put in its place. One that was left by a
 * program that was killed goes by that; of two that run, the later one has the place. Returns the file's inode.
 */
async function listen(server: Server, path: string, backlog: number): Promise<number> {
  // The kernel would take a name that is longer, and nobody could connect to it.
  if (Buffer.byteLength(path) > pathBytesMax) throw new RangeError(`a socket's path has at most ${pathBytesMax} bytes`);
  const folder = await mkdtemp(join(dirname(path), ".control-"));
  try {
    const early = join(folder, "s");
    server.listen({ path: early, backlog });
    await once(server, "listening");
    await chmod(early, 0o600);
    const { ino } = await stat(early);
    await rename(early, path);
    return ino;
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `sun_path` less its end (unix(7)). */
const pathBytesMax = 107;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
