import { execFile } from "node:child_process";
import { radioErrors } from "./radio-error.ts";

/** As long as systemd waits for a service to stop, before it ends it by force. */
const restartMsMax = 90_000;

/**
 * What starts the Bluetooth daemon anew: a program with its arguments, without a shell.
 * It rejects with `daemon-restart-failed` if the program cannot be run, fails, or takes longer than 90 s.
 */
export function daemonRestart([program = "", ...args]: readonly string[]): () => Promise<void> {
  return () =>
    new Promise((resolve, reject) => {
      execFile(program, args, { timeout: restartMsMax }, (failure) => {
        if (failure === null) resolve();
        else reject(restartFailure(failure));
      });
    });
}

function restartFailure(cause: Error & { readonly code?: unknown }): Error {
  const reason = typeof cause.code === "string" || typeof cause.code === "number" ? cause.code : "ended";
  return radioErrors.make("daemon-restart-failed", "the command that restarts the Bluetooth daemon failed", {
    context: { reason },
    cause,
  });
}
