import { sameOctets } from "../../kit/same-octets.ts";
import type { RawFrame } from "../../measurement/measurement.ts";
import type { GlucoseContextFrame } from "./context-codec.ts";
import type { GlucoseMeasurementFrame } from "./measurement-codec.ts";

/** A measurement with its context, or a context that no measurement came for. */
export type JoinedRecord =
  | {
      readonly type: "record";
      readonly measurement: GlucoseMeasurementFrame;
      readonly context: GlucoseContextFrame | null;
      readonly contextMissing: boolean;
      /** In the order of arrival. */
      readonly frames: readonly RawFrame[];
    }
  | { readonly type: "orphan"; readonly sequenceNumber: number; readonly frame: RawFrame };

/** How much waits at most, of each kind: more than any meter keeps in its memory. */
const waitingMax = 4_096;

/**
 * Which measurements wait for a context: none, where the device offers no contexts and nothing waits for what cannot
 * come; those that announce one, where records are to leave as soon as they are whole; or all, where the end of what
 * comes is near, so that a context also finds a measurement that did not announce it.
 */
export type ContextWait = "none" | "announced" | "all";

/**
 * Joins contexts to their measurements by sequence number, whichever comes first and whatever comes between.
 *
 * A measurement that waits for its context holds up those that came after it, so that records leave in the order in
 * which they came. When the bound is reached, the oldest leaves without its context.
 */
export class ContextJoiner {
  readonly #wait: ContextWait;
  /** In the order of arrival, and the same by sequence number, of which there are 65,536 at most. */
  readonly #waiting: Waiting[] = [];
  readonly #waitingBy = new Map<number, Waiting[]>();
  readonly #early = new Map<number, EarlyContext>();

  constructor(wait: ContextWait) {
    this.#wait = wait;
  }

  /** Takes a measurement, and gives what is now ready to leave. One that waits already, octet for octet, is ignored. */
  measurement(measurement: GlucoseMeasurementFrame, frame: RawFrame): readonly JoinedRecord[] {
    const namesakes = this.#namesakes(measurement.sequenceNumber);
    if (namesakes.some(({ frames }) => frames.some(({ bytes }) => sameOctets(bytes, frame.bytes)))) return [];
    const early = this.#takeEarly(measurement.sequenceNumber);
    const frames = early === null ? [frame] : [early.frame, frame];
    const waiting = { measurement, context: early?.context ?? null, frames };
    this.#waiting.push(waiting);
    namesakes.push(waiting);
    return this.#ready();
  }

  /** Takes a context, and gives what is now ready to leave. */
  context(context: GlucoseContextFrame, frame: RawFrame): readonly JoinedRecord[] {
    const namesakes = this.#namesakes(context.sequenceNumber).filter((waiting) => waiting.context === null);
    const owner = namesakes.find(({ measurement }) => measurement.contextFollows) ?? namesakes[0];
    if (owner !== undefined) {
      owner.context = context;
      owner.frames.push(frame);
      return this.#ready();
    }
    const replaced = this.#takeEarly(context.sequenceNumber);
    this.#early.set(context.sequenceNumber, { context, frame });
    if (replaced !== null) return [orphan(context.sequenceNumber, replaced.frame)];
    return this.#early.size > waitingMax ? this.#oldestEarly() : [];
  }

  /** Gives all that still waits: nothing more will come. */
  flush(): readonly JoinedRecord[] {
    const records = this.#waiting.splice(0).map((waiting) => this.#leave(waiting));
    this.#waitingBy.clear();
    const orphans = [...this.#early].map(([sequenceNumber, early]) => orphan(sequenceNumber, early.frame));
    this.#early.clear();
    return [...records, ...orphans];
  }

  #ready(): readonly JoinedRecord[] {
    const ready: JoinedRecord[] = [];
    for (;;) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) return ready;
      const isWaiting = this.#wait === "all" || this.#isIncomplete(oldest);
      if (isWaiting && this.#waiting.length <= waitingMax) return ready;
      this.#waiting.shift();
      this.#namesakes(oldest.measurement.sequenceNumber).shift();
      ready.push(this.#leave(oldest));
    }
  }

  #leave(waiting: Waiting): JoinedRecord {
    const { measurement, context, frames } = waiting;
    return { type: "record", measurement, context, contextMissing: this.#isIncomplete(waiting), frames };
  }

  #isIncomplete({ measurement, context }: Waiting): boolean {
    return this.#wait !== "none" && measurement.contextFollows && context === null;
  }

  #namesakes(sequenceNumber: number): Waiting[] {
    const known = this.#waitingBy.get(sequenceNumber);
    if (known !== undefined) return known;
    const none: Waiting[] = [];
    this.#waitingBy.set(sequenceNumber, none);
    return none;
  }

  #takeEarly(sequenceNumber: number): EarlyContext | null {
    const early = this.#early.get(sequenceNumber) ?? null;
    this.#early.delete(sequenceNumber);
    return early;
  }

  #oldestEarly(): readonly JoinedRecord[] {
    const oldest = this.#early.entries().next().value;
    if (oldest === undefined) return [];
    const [sequenceNumber, { frame }] = oldest;
    this.#early.delete(sequenceNumber);
    return [orphan(sequenceNumber, frame)];
  }
}

interface Waiting {
  readonly measurement: GlucoseMeasurementFrame;
  context: GlucoseContextFrame | null;
  readonly frames: RawFrame[];
}

interface EarlyContext {
  readonly context: GlucoseContextFrame;
  readonly frame: RawFrame;
}

const orphan = (sequenceNumber: number, frame: RawFrame): JoinedRecord => ({ type: "orphan", sequenceNumber, frame });
