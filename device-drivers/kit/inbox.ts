import type { Clock } from "../ports/clock.ts";
import type { GattCharacteristic, GattLink, GattSubscription } from "../ports/gatt.ts";
import { attErrorOf } from "./guarded-link.ts";

/**
 * What arrives on several subscriptions, as one stream that is pulled.
 *
 * The inbox asks each subscription for its next value only inside `take` and `listen`, and holds at most one value of
 * each: so an indication is confirmed only after whoever takes from here has come back for more. Notifications know no
 * such brake. They arrive at the pace of the radio, and the GATT adapter keeps them in order within its own bound.
 * Values of one subscription keep their order; between two subscriptions there is none.
 */
export interface Inbox {
  /** The next value of any subscription, `silence` after `silenceMs` without one, or the end of all of them. */
  take(silenceMs: number): Promise<InboxItem>;
  /** Asks every subscription for its next value now, and by that confirms what was taken last. */
  listen(): void;
  /** Closes all subscriptions and opens them again, in order. Values that nobody took yet are gone. */
  resubscribe(): Promise<void>;
  /** Closes all subscriptions. Idempotent; never rejects. */
  close(): Promise<void>;
}

export type InboxItem =
  | { readonly type: "value"; readonly characteristic: GattCharacteristic; readonly bytes: Uint8Array }
  | { readonly type: "silence" }
  /** No subscription will give anything more, and this is why: the link has ended, or the session was cancelled. */
  | { readonly type: "ended"; readonly error: unknown };

export interface InboxPorts {
  readonly link: GattLink;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface WantedSubscription {
  readonly characteristic: GattCharacteristic;
  /** If the device refuses it, the inbox opens without it. */
  readonly mayBeRefused: boolean;
}

/**
 * Subscribes one after the other in the order given.
 * Rejects with what the link says if one that is needed is refused; those already open are closed first.
 */
export async function openInbox(ports: InboxPorts, wanted: readonly WantedSubscription[]): Promise<Inbox> {
  const inbox = new SubscriptionInbox(ports, wanted);
  await inbox.open();
  return inbox;
}

interface Source {
  readonly characteristic: GattCharacteristic;
  readonly subscription: GattSubscription;
  state: "idle" | "asked" | "ended";
}

class SubscriptionInbox implements Inbox {
  readonly #ports: InboxPorts;
  readonly #wanted: readonly WantedSubscription[];
  #sources: Source[] = [];
  #arrived: { readonly source: Source; readonly bytes: Uint8Array }[] = [];
  #closing = new AbortController();
  #listening: AbortSignal;
  #wake: () => void = () => {};
  #error: unknown = null;

  constructor(ports: InboxPorts, wanted: readonly WantedSubscription[]) {
    this.#ports = ports;
    this.#wanted = wanted;
    this.#listening = AbortSignal.any([ports.signal, this.#closing.signal]);
  }

  async open(): Promise<void> {
    try {
      for (const wanted of this.#wanted) await this.#subscribe(wanted);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async take(silenceMs: number): Promise<InboxItem> {
    this.listen();
    if (this.#arrived.length === 0 && !this.#allEnded()) await this.#arrivalWithin(silenceMs);
    const arrival = this.#arrived.shift();
    if (arrival !== undefined) {
      return { type: "value", characteristic: arrival.source.characteristic, bytes: arrival.bytes };
    }
    return this.#allEnded() ? { type: "ended", error: this.#error } : { type: "silence" };
  }

  listen(): void {
    for (const source of this.#sources) {
      const isFull = this.#arrived.some((arrival) => arrival.source === source);
      if (source.state === "idle" && !isFull) void this.#ask(source);
    }
  }

  async resubscribe(): Promise<void> {
    await this.close();
    this.#closing = new AbortController();
    this.#listening = AbortSignal.any([this.#ports.signal, this.#closing.signal]);
    await this.open();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const sources = this.#sources;
    this.#sources = [];
    this.#arrived = [];
    for (const { subscription } of sources) await subscription.close();
  }

  async #subscribe({ characteristic, mayBeRefused }: WantedSubscription): Promise<void> {
    try {
      const subscription = await this.#ports.link.subscribe(characteristic, this.#ports.signal);
      this.#sources.push({ characteristic, subscription, state: "idle" });
    } catch (error) {
      if (!mayBeRefused || attErrorOf(error) === null) throw error;
    }
  }

  async #ask(source: Source): Promise<void> {
    source.state = "asked";
    try {
      const bytes = await source.subscription.next(this.#listening);
      source.state = "idle";
      this.#arrived.push({ source, bytes });
      this.#wake();
    } catch (error) {
      source.state = "ended";
      // A source that `close` has let go of has no say in how this inbox ends.
      if (this.#sources.includes(source)) this.#error ??= error;
      if (this.#allEnded()) this.#wake();
    }
  }

  async #arrivalWithin(silenceMs: number): Promise<void> {
    const over = new AbortController();
    const arrival = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const silence = this.#ports.clock.sleep(silenceMs, over.signal).catch(() => undefined);
    await Promise.race([arrival, silence]);
    over.abort();
  }

  #allEnded(): boolean {
    return this.#sources.every((source) => source.state === "ended");
  }
}
