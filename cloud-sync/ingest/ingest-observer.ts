import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { GatewayState } from "../contract/control.ts";
import type { RefusalReason } from "./refusal-reason.ts";
import { receiptIn } from "../contract/delivery.ts";
import { ingestErrors } from "./ingest-error.ts";
import type { NewDeadLetter, Sink } from "./sink.ts";
import type { SourceHandlers } from "./source.ts";

/**
 * Who watches an ingestor work: the operator's page and the metrics. It is told after the fact, on the path of every
 * message, so it must be quick, must not throw, and changes nothing.
 */
export interface IngestObserver {
  /** A state that is valid and the gateway's own; retained ones come again whenever the source connects. */
  onState(gateway: string, state: GatewayState): void;
  /** A message on a `readings` topic has come; `onBatch` tells what became of it. */
  onArrival(): void;
  onBatch(gateway: string, batch: ObservedBatch): void;
  onCommit(commit: ObservedCommit): void;
  /** They are kept; how many of them were new is the sink's business. */
  onDeadLetters(letters: readonly NewDeadLetter[]): void;
  /** The embedded broker refused something; `gateway` where the peer's identity is established. */
  onRefusal(reason: RefusalReason, gateway?: string): void;
}

/** One message on a `readings` topic, from its arrival to its receipt. */
export interface ObservedBatch {
  readonly stored: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** `unanswered`: not even a batch, so there is no receipt. `failed`: the sink could not commit; it comes again. */
  readonly outcome: "receipted" | "unanswered" | "failed";
  readonly durationMs: number;
}

export interface ObservedCommit {
  readonly readings: number;
  readonly durationMs: number;
  readonly isDone: boolean;
}

/** The same handlers, watched. */
export function observedHandlers(handlers: SourceHandlers, observer: IngestObserver, clock: Clock): SourceHandlers {
  return {
    ...handlers,
    async batch(gateway, payload) {
      const startedMs = clock.monotonicMs();
      observer.onArrival();
      const tell = (batch: Omit<ObservedBatch, "durationMs">): void =>
        observer.onBatch(gateway, { ...batch, durationMs: clock.monotonicMs() - startedMs });
      try {
        const message = await handlers.batch(gateway, payload);
        const receipt = message === null ? null : receiptIn(message);
        const outcome = receipt === null ? "unanswered" : "receipted";
        tell({
          stored: readingsIn(receipt?.stored),
          duplicates: readingsIn(receipt?.duplicate),
          rejected: receipt?.rejected.length ?? 0,
          outcome,
        });
        return message;
      } catch (error) {
        tell({ stored: 0, duplicates: 0, rejected: 0, outcome: "failed" });
        throw error;
      }
    },
  };
}

/** The same sink, watched. Whatever else it can do goes through untouched. */
export function observedSink(sink: Sink, observer: IngestObserver, clock: Clock): Sink {
  const watched: Pick<Sink, "commit" | "keepDeadLetters"> = {
    async commit(deliveries) {
      const startedMs = clock.monotonicMs();
      const tell = (isDone: boolean): void =>
        observer.onCommit({ readings: deliveries.length, durationMs: clock.monotonicMs() - startedMs, isDone });
      try {
        const outcomes = await sink.commit(deliveries);
        tell(true);
        return outcomes;
      } catch (error) {
        // A reading that cannot be stored is no fault of the sink: the batcher finds it and sets it aside.
        if (!ingestErrors.is(error, "sink-data-refused")) tell(false);
        throw error;
      }
    },
    async keepDeadLetters(letters) {
      await sink.keepDeadLetters(letters);
      observer.onDeadLetters(letters);
    },
  };
  return new Proxy(sink, {
    get(target, name) {
      if (name === "commit" || name === "keepDeadLetters") return watched[name];
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

const readingsIn = (ranges: readonly (readonly [number, number])[] | undefined): number =>
  (ranges ?? []).reduce((sum, [first, last]) => sum + last - first + 1, 0);
