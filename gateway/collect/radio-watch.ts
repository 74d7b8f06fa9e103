import { pause } from "./pause.ts";
import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock, Random } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import type { ManagedRadio, RadioEvent } from "../radio/managed-radio.ts";
import { GuardedRadio } from "./guarded-radio.ts";
import { LinkActivity } from "./link-activity.ts";
import type { SupervisionOptions } from "./supervision-options.ts";

/**
 * What is wrong with a radio. `silent`: it listens, and has heard nothing for too long. `unheard`: it cannot be listened
 * to. `adapter-gone` and `daemon-gone` are what it said of itself.
 */
export type RadioTrouble = "silent" | "unheard" | "adapter-gone" | "daemon-gone";

export interface RadioWatchPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly options: SupervisionOptions;
  readonly onHeard: (advertisement: Advertisement) => void;
  /** Something is otherwise than before: worth a look. */
  readonly onChange: () => void;
}

/** A radio that has listened for so long without a fault has got over the one that it had. */
const settleMs = 5_000;
const endMsMax = 2_000;

/** Listens with one radio, for as long as it is wanted, and knows how it fares. */
export class RadioWatch {
  readonly radio: ManagedRadio;
  readonly links: LinkActivity;
  /** The radio for others: what they do with it is noticed. */
  readonly guarded: ManagedRadio;
  readonly #ports: RadioWatchPorts;
  /** Aborted when it is to rest; null while it rests. */
  #listening: AbortController | null = null;
  /** Aborted when the hearing is to begin anew. */
  #hearing = new AbortController();
  #wanted: (() => void) | null = null;
  /** Resolves when the hearing has ended. */
  #ended: Promise<void> = Promise.resolve();
  #fault: CarepostError | null = null;
  #gone: "adapter-gone" | "daemon-gone" | null = null;
  /** When it began to hear; null while it does not. */
  #openedMs: number | null = null;
  /** How long it had listened in vain before that. */
  #vainMs = 0;
  #heardMs = -Infinity;

  constructor(radio: ManagedRadio, ports: RadioWatchPorts) {
    this.radio = radio;
    this.#ports = ports;
    this.links = new LinkActivity(ports.clock, ports.options.stallMs);
    this.guarded = new GuardedRadio(radio, this.links);
  }

  /** When it last heard anything, on the monotonic clock; -Infinity if it never did. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** For how long it has listened and heard nothing. */
  get silentMs(): number {
    if (this.#openedMs === null) return this.#vainMs;
    return this.#vainMs + this.#ports.clock.monotonicMs() - Math.max(this.#openedMs, this.#heardMs);
  }

  /** Null: nothing that is known of. */
  get trouble(): RadioTrouble | null {
    if (this.#gone !== null) return this.#gone;
    if (this.#fault !== null && !this.isSettled) return "unheard";
    return this.silentMs >= this.#ports.options.silenceMs ? "silent" : null;
  }

  /** Has it listened for a while without a fault? */
  get isSettled(): boolean {
    if (this.#gone !== null || this.#openedMs === null) return false;
    return this.#ports.clock.monotonicMs() - this.#openedMs >= settleMs;
  }

  /** It told that it is gone, and not yet that it is back. */
  get isGone(): boolean {
    return this.#gone !== null;
  }

  /** The code of why it could not be listened to; null if it can be. */
  get faultCode(): string | null {
    return this.trouble === "unheard" ? (this.#fault?.code ?? null) : null;
  }

  listen(): void {
    if (this.#listening !== null) return;
    this.#listening = new AbortController();
    this.#vainMs = 0;
    this.#heardMs = -Infinity;
    this.#wanted?.();
  }

  rest(): void {
    this.#listening?.abort();
    this.#listening = null;
  }

  /** Ends the hearing while `work` is done, and begins it anew. */
  async aside(work: () => Promise<void>): Promise<void> {
    const wasListening = this.#listening !== null;
    this.rest();
    await this.#ended;
    try {
      await work();
    } finally {
      if (wasListening) this.listen();
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#work(signal)]);
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for await (const event of this.radio.events(signal)) this.#told(event);
  }

  #told({ type }: RadioEvent): void {
    if (type === "adapter-gone" || type === "daemon-gone") this.#gone = type;
    else if (type === "adapter-back" || type === "daemon-back") this.#back();
    else return;
    this.#ports.onChange();
  }

  /** What went wrong while it was away says nothing of it now. */
  #back(): void {
    this.#gone = null;
    this.#fault = null;
    this.#hearing.abort();
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#listening === null) await this.#untilWanted(signal);
      else await (this.#ended = this.#listen(AbortSignal.any([signal, this.#listening.signal])));
    }
  }

  #untilWanted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wanted = null;
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wanted = wake;
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const { clock, random, options } = this.#ports;
    for (let failures = 0; !signal.aborted;) {
      this.#hearing = new AbortController();
      const heardBeforeMs = this.#heardMs;
      const failure = await this.#hear(AbortSignal.any([signal, this.#hearing.signal]));
      if (failure === null) continue;
      this.#fail(failure);
      failures = this.#heardMs > heardBeforeMs ? 1 : failures + 1;
      const ceilingMs = Math.min(options.retryMsMax, options.retryMs * 2 ** Math.min(failures, 16));
      await pause(clock, random() * ceilingMs, AbortSignal.any([signal, this.#hearing.signal]));
    }
  }

  /** Listens, and rests where there is a duty cycle, until the signal is aborted. Resolves with what went wrong. */
  async #hear(signal: AbortSignal): Promise<CarepostError | null> {
    const { clock, options } = this.#ports;
    while (!signal.aborted) {
      const turn = new AbortController();
      const limited = options.restMs === 0 ? signal : AbortSignal.any([signal, turn.signal]);
      const over = new AbortController();
      if (options.restMs > 0) void pause(clock, options.listenMs, over.signal).then(() => turn.abort());
      const failure = await this.#hearOnce(limited);
      over.abort();
      if (failure !== null) return failure;
      if (turn.signal.aborted) this.#fault = null;
      await pause(clock, options.restMs, signal);
    }
    return null;
  }

  async #hearOnce(signal: AbortSignal): Promise<CarepostError | null> {
    const { clock } = this.#ports;
    const over = new AbortController();
    this.#openedMs = clock.monotonicMs();
    try {
      // A radio that hangs may not even stop to listen: it is not waited for.
      return await Promise.race([this.#drain(signal), abandoned(clock, { signal, over: over.signal })]);
    } finally {
      over.abort();
      if (this.isSettled) this.#fault = null;
      this.#vainMs = this.silentMs;
      this.#openedMs = null;
    }
  }

  async #drain(signal: AbortSignal): Promise<CarepostError | null> {
    try {
      for await (const advertisement of this.radio.advertisements(signal)) this.#heard(advertisement);
      return signal.aborted ? null : gattErrors.make("adapter-absent", "the radio stopped hearing without a reason");
    } catch (error) {
      if (!gattErrors.is(error)) throw error;
      return error;
    }
  }

  #heard(advertisement: Advertisement): void {
    if (advertisement.isLeftConnected !== true) {
      this.#vainMs = 0;
      this.#heardMs = this.#ports.clock.monotonicMs();
      this.#fault = null;
      this.#gone = null;
    }
    this.#ports.onHeard(advertisement);
  }

  #fail(failure: CarepostError): void {
    this.#fault = failure;
    this.#ports.onChange();
  }
}

/** Resolves some time after `signal` is aborted; not at all if `over` is aborted first. */
function abandoned(
  clock: Clock,
  { signal, over }: { readonly signal: AbortSignal; readonly over: AbortSignal },
): Promise<null> {
  return new Promise((resolve) => {
    const giveUp = (): void => {
      clock.sleep(endMsMax, over).then(
        () => resolve(null),
        () => undefined,
      );
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener("abort", giveUp, { once: true, signal: over });
  });
}
