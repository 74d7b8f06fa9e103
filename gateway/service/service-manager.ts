import { execFile } from "node:child_process";

/** What keeps the program running: told of its state by assignments of sd_notify(3), such as `READY=1`. */
export interface ServiceManager {
  /** It restarts a service that has given no sign of life for this long, in milliseconds; null where it waits for none. */
  readonly watchdogMs: number | null;
  /** Resolves with whether the manager has got it; never rejects. */
  tell(assignments: readonly string[]): Promise<boolean>;
}

/** The process, as far as the manager names it. */
export interface ServiceProcess {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly parentPid: number;
}

/**
 * The systemd that started this process, or null if none did. Node cannot send to the datagram socket that it listens
 * on, and the packages that can are addons without prebuilt binaries; so systemd's own `systemd-notify` is run, which is
 * there wherever systemd is. Its unit needs `NotifyAccess=all`: the sender is a child of the service.
 */
export function systemdManager({ environment, pid, parentPid }: ServiceProcess): ServiceManager | null {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH } = environment;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "") return null;
  // The launcher may have handed over to another Node: systemd then counts on the parent of this process.
  const isMeant = WATCHDOG_PID === undefined || [pid, parentPid].includes(Number(WATCHDOG_PID));
  const watchdogMs = Number(WATCHDOG_USEC ?? 0) / 1000;
  return {
    watchdogMs: isMeant && watchdogMs > 0 ? watchdogMs : null,
    tell: (assignments) => notify(assignments, { NOTIFY_SOCKET, ...(PATH === undefined ? {} : { PATH }) }),
  };
}

const notifyTimeoutMs = 10_000;

/** It ends when the manager has read the message, so none is lost because its sender was gone already. */
function notify(assignments: readonly string[], env: Readonly<Record<string, string>>): Promise<boolean> {
  return new Promise((resolve) => {
    execFile("systemd-notify", assignments, { env, timeout: notifyTimeoutMs }, (error) => resolve(error === null));
  });
}
