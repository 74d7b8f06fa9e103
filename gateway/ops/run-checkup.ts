import { Worker } from "node:worker_threads";
import type { ConfigOrigin } from "../config/load-config.ts";
import { broken, type Examined, type Said, say } from "./doctor.ts";

/**
 * Runs the checks of `carepost doctor` on a thread of their own: they read whole files at once, and a gateway that runs
 * must not wait for that. What is not done when the signal is aborted is told as such.
 */
export async function runCheckup(origin: ConfigOrigin, signal: AbortSignal): Promise<readonly Examined[]> {
  const examined: Examined[] = [];
  const worker = new Worker(new URL("./checkup-worker.ts", import.meta.url), {
    workerData: { ...origin, environment: { ...origin.environment } },
    // What it says about itself is not the gateway's log.
    stderr: true,
  });
  worker.on("message", (one: Examined) => examined.push(one));
  const ended = new Promise<Examined | null>((resolve) => {
    worker.once("error", (error) => resolve(unfinished(say("checks-failed", { message: error.message }))));
    worker.once("exit", () => resolve(null));
  });
  const late = new Promise<Examined>((resolve) => {
    const tell = (): void => resolve(unfinished(say("checks-late")));
    if (signal.aborted) tell();
    signal.addEventListener("abort", tell, { once: true });
  });
  const last = await Promise.race([ended, late]);
  void worker.terminate();
  return last === null ? examined : [...examined, last];
}

const unfinished = (said: Said): Examined => ({
  check: "checks",
  ...broken(said),
  durationMs: 0,
});
