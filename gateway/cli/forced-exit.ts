import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * At `process.exit`, and after an error that nobody caught, Node waits for V8's own threads. One of them that compiles
 * may be waiting for a garbage collection, which nobody makes any more: then the process never ends, and whatever is to
 * start it again waits with it (nodejs/node#64274). So a collection is made first. A process that ends because nothing
 * is left to do is not concerned: there V8 lets its threads go.
 */
export function letForcedExitsEnd(): void {
  let isForced = true;
  process.on("beforeExit", () => {
    isForced = false;
  });
  process.on("exit", () => {
    if (isForced) collectGarbage();
  });
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect === "function") collect();
}
