import type { Forwarder } from "../../cloud-sync/uplink/forwarder.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Collector } from "../collect/collector.ts";
import type { RadioSupervisor } from "../collect/radio-supervisor.ts";
import type { Store, StoreCounts } from "../store/store.ts";

/** The parts of a running gateway that must move for it to be alive. */
export interface LifeSources {
  readonly store: Pick<Store, "counts">;
  readonly forwarder: Pick<Forwarder, "status">;
  readonly collector: Pick<Collector, "movedAtMs">;
  readonly supervisor: Pick<RadioSupervisor, "state">;
  readonly clock: Clock;
}

/** How long each of them may stand still, in milliseconds. Beyond that only a restart helps. */
export interface LifeLimits {
  /** The store's thread, asked what it counts. */
  readonly storeAnswerMsMax: number;
  /** Between two things that the collector begins: longer than its longest visit. */
  readonly collectorStillMsMax: number;
  /** The forwarder: in an attempt to connect, past the time of the next one, or with batches under way. */
  readonly forwarderStillMsMax: number;
}

export interface LifeSign {
  /** The part that stands still; null if all move. */
  readonly stuck: "store" | "collector" | "forwarder" | null;
  /** For a person, on one line: nothing of any reading or device. */
  readonly text: string;
}

/**
 * Is the gateway alive, and not merely running? What is not its own doing does not count against it: a broker that is
 * away, a dead radio, a full disk. A restart would mend none of them.
 */
export class LifeSigns {
  readonly #sources: LifeSources;
  readonly #limits: LifeLimits;
  /** The question to the store that is still open: a store that hangs is not asked again and again. */
  #asked: Promise<StoreCounts> | null = null;
  #forwarding = { shape: "", sinceMs: 0 };

  constructor(sources: LifeSources, limits: LifeLimits) {
    this.#sources = sources;
    this.#limits = limits;
    this.#forwarding = { shape: "", sinceMs: sources.clock.monotonicMs() };
  }

  /** Comes back at once when the signal is aborted. */
  async look(signal: AbortSignal): Promise<LifeSign> {
    const { clock, collector, supervisor, forwarder } = this.#sources;
    const counts = await this.#askStore(signal);
    if (counts === null) return { stuck: "store", text: "The store does not answer" };
    const nowMs = clock.monotonicMs();
    if (nowMs - collector.movedAtMs > this.#limits.collectorStillMsMax) {
      return { stuck: "collector", text: "Collecting stands still" };
    }
    if (this.#forwarderIsStuck(nowMs)) return { stuck: "forwarder", text: "Delivery stands still" };
    const parts = [
      `Radio ${supervisor.state().condition}`,
      forwarder.status().connection === null ? "broker away" : "broker connected",
      `${counts.waiting} waiting`,
      ...(counts.alarm === null ? [] : [`store takes nothing: ${counts.alarm}`]),
    ];
    return { stuck: null, text: parts.join(", ") };
  }

  async #askStore(signal: AbortSignal): Promise<StoreCounts | null> {
    const { store, clock } = this.#sources;
    this.#asked ??= store.counts();
    const over = new AbortController();
    const late = clock.sleep(this.#limits.storeAnswerMsMax, AbortSignal.any([signal, over.signal])).then(
      () => null,
      () => null,
    );
    try {
      const answer = await Promise.race([this.#asked, late]);
      if (answer !== null) this.#asked = null;
      return answer;
    } catch {
      this.#asked = null;
      return null;
    } finally {
      over.abort();
    }
  }

  /** At rest until a time that has not come, or connected with nothing under way, it has no duty to move. */
  #forwarderIsStuck(nowMs: number): boolean {
    const { connection, nextAttemptInMs, underWay, toResend, counts } = this.#sources.forwarder.status();
    const isAtRest = connection === null ? (nextAttemptInMs ?? 0) > 0 : underWay.batches === 0;
    const shape = isAtRest ? "" : JSON.stringify([connection, nextAttemptInMs === null, underWay, toResend, counts]);
    if (isAtRest || shape !== this.#forwarding.shape) this.#forwarding = { shape, sinceMs: nowMs };
    return nowMs - this.#forwarding.sinceMs > this.#limits.forwarderStillMsMax;
  }
}
