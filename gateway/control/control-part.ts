import { once } from "node:events";
import { chmod, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Log } from "../../device-drivers/ports/log.ts";
import type { Part } from "../run-parts.ts";
import { controlErrors } from "./control-error.ts";
import { type ControlServices, ControlVisitor } from "./control-visitor.ts";

export interface ControlComponents extends ControlServices {
  /** Where the socket is to be: `controlPath` of the store. */
  readonly path: string;
  readonly log: Log;
}

const visitorsMax = 8;

/**
 * Serves the control socket for as long as the gateway runs. A socket that cannot be made is told of in the log, and the
 * gateway does its work without.
 */
export function controlPart(components: ControlComponents): Part {
  return { name: "control socket", run: (signal) => serve(components, signal) };
}

async function serve(components: ControlComponents, signal: AbortSignal): Promise<void> {
  const { path, log } = components;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    return new ControlVisitor(components, socket);
  });
  server.maxConnections = visitorsMax;
  const stopped = aborted(signal);
  const isServed = await listen(server, path).then(
    () => true,
    (cause: unknown) => {
      const { code, remedy } = controlErrors.make("control-unavailable", "the socket cannot be made", { cause });
      log.warn("control-unavailable", { code, reason: remedy });
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
 * gateway that was killed goes by that; of two that run, one has the database.
 */
async function listen(server: Server, path: string): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), ".control-"));
  try {
    const early = join(folder, "s");
    server.listen({ path: early, backlog: visitorsMax });
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
