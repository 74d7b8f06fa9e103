import type { Log } from "../../device-drivers/ports/log.ts";
import type { Part } from "../run-parts.ts";
import { type LifeLimits, LifeSigns, type LifeSources } from "./life-signs.ts";
import type { ServiceManager } from "./service-manager.ts";

export interface ServiceOptions {
  readonly manager: ServiceManager;
  readonly log: Log;
  /** The longest that a visit to a device may last, in milliseconds. */
  readonly sessionMsMax: number;
}

/** How often the status is looked at where there is no watchdog. */
const statusMs = 30_000;
/** At the start much changes: it is looked at soon, and then ever more seldom. */
const startingMs = 500;
/** A driver has this long to let go of a device when its time is over, and a broker to say that it hears us. */
const graceMs = 300_000;

/**
 * Tells the service manager how the gateway is: ready when it works, alive twice in each span of the watchdog for as
 * long as every part of it moves, and stopping. A gateway that merely runs is not alive: the manager then restarts it.
 */
export function servicePart(options: ServiceOptions): (sources: LifeSources) => Part {
  const { manager } = options;
  const beatMs = (manager.watchdogMs ?? statusMs * 2) / 2;
  return (sources) => ({
    name: "service",
    run: async (signal) => {
      const signs = new LifeSigns(sources, limitsFor(options, beatMs));
      const herald = new Herald(options);
      let pauseMs = startingMs;
      while (!signal.aborted) {
        const beganMs = sources.clock.monotonicMs();
        const sign = await signs.look(signal);
        if (signal.aborted) break;
        await herald.tell(sign);
        pauseMs = Math.min(pauseMs * 2, beatMs);
        const restMs = Math.max(0, beganMs + pauseMs - sources.clock.monotonicMs());
        await sources.clock.sleep(restMs, signal).catch(() => undefined);
      }
      await manager.tell(["STOPPING=1", "STATUS=Stopping"]);
    },
  });
}

const limitsFor = ({ sessionMsMax }: ServiceOptions, beatMs: number): LifeLimits => ({
  storeAnswerMsMax: beatMs / 2,
  collectorStillMsMax: sessionMsMax + graceMs,
  forwarderStillMsMax: graceMs,
});

/** Says each thing once, and the sign of life each time. */
class Herald {
  readonly #with: ServiceOptions;
  #isReady = false;
  #status = "";
  #stuck: string | null = null;
  #isHeard = true;

  constructor(options: ServiceOptions) {
    this.#with = options;
  }

  async tell({ stuck, text }: Awaited<ReturnType<LifeSigns["look"]>>): Promise<void> {
    const { manager, log } = this.#with;
    if (stuck !== null && stuck !== this.#stuck) log.error("life-sign-withheld", { reason: stuck });
    this.#stuck = stuck;
    const isAlive = stuck === null;
    const news = [
      ...(isAlive && !this.#isReady ? ["READY=1"] : []),
      ...(isAlive && manager.watchdogMs !== null ? ["WATCHDOG=1"] : []),
      ...(text === this.#status ? [] : [`STATUS=${text}`]),
    ];
    if (news.length === 0) return;
    const isHeard = await manager.tell(news);
    if (!isHeard && this.#isHeard) log.warn("service-manager-unreachable");
    this.#isHeard = isHeard;
    if (!isHeard) return;
    this.#isReady ||= isAlive;
    this.#status = text;
  }
}
