import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { KioskOrder, KioskReport } from "./kiosk-process.ts";

/** The kiosk that is measured. */
export interface KioskPeer {
  readonly url: string;
  tell(order: KioskOrder): void;
  /** The next report of this type. Ask before what brings it about. */
  next<Type extends KioskReport["type"]>(type: Type): Promise<Extract<KioskReport, { type: Type }>>;
  stop(): Promise<void>;
}

export async function startKioskPeer(): Promise<KioskPeer> {
  const child = fork(join(import.meta.dirname, "kiosk-process.ts"), { execArgv: ["--expose-gc"] });
  const ended = once(child, "exit");
  const next: KioskPeer["next"] = (type) => {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<KioskReport, { type: typeof type }>>();
    const isWanted = (report: KioskReport): report is Extract<KioskReport, { type: typeof type }> =>
      report.type === type;
    const hear = (report: KioskReport): void => {
      if (!isWanted(report)) return;
      child.off("message", hear);
      resolve(report);
    };
    child.on("message", hear);
    void ended.then(() => reject(new Error("the kiosk's process has ended")));
    return promise;
  };
  const { url } = await next("open");
  return {
    url,
    next,
    tell: (order) => void child.send(order),
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}
