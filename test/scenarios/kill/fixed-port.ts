import { createServer } from "node:net";

/**
 * A port for a server that dies and comes again. It lies below those that the system gives out by itself: while the server
 * is dead, somebody else's connection could else be given its port, and even connect to itself.
 */
export async function fixedPort(): Promise<number> {
  for (let port = 20_000 + (process.pid % 10_000); port < 32_000; port += 1) {
    if (await isFree(port)) return port;
  }
  throw new Error("no port below 32000 is free");
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
