import { once } from "node:events";
import { lstat, rm } from "node:fs/promises";
import { connect } from "node:net";

/**
 * Makes a Unix socket's path free to be listened on. A process that was killed leaves its socket behind; one that lives
 * answers on it, and then listening fails.
 */
export async function clearStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isSocket() !== true) return;
  const probe = connect(path);
  try {
    await once(probe, "connect");
  } catch {
    await rm(path, { force: true });
  } finally {
    probe.destroy();
  }
}
