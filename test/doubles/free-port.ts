import { createServer } from "node:net";

/** Below the ports that the system gives out by itself. */
const range = { from: 10_000, until: 32_000 };
/** How many ports lie between the beginnings of two processes of adjacent numbers. */
const stretch = 64;
let handedOut = 0;

/**
 * A port of 127.0.0.1 for a server that is yet to start, or that dies and comes again. Among those that the system gives
 * out by itself somebody else's connection could be given it meanwhile, and even connect to itself. Test files run in
 * processes of their own, and each looks where the others do not.
 */
export async function freePort(): Promise<number> {
  const count = range.until - range.from;
  for (let tried = 0; tried < count; tried += 1) {
    const port = range.from + ((process.pid * stretch + handedOut++) % count);
    if (await isFree(port)) return port;
  }
  throw new RangeError(`no port between ${range.from} and ${range.until} is free`);
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
