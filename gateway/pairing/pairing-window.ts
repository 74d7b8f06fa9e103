import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import { abortable } from "../radio/abortable.ts";
import type { Bond, ManagedRadio } from "../radio/managed-radio.ts";
import { pairingErrors } from "../radio/pairing-error.ts";
import type { IoCapability, PairingDialogue } from "../radio/pairing.ts";
import type { DeviceBond, Store } from "../store/store.ts";
import type { BondKeeper } from "./bond-keeper.ts";
import { type Candidate, Candidates } from "./candidates.ts";
import { type FirstLook, lookAt } from "./first-look.ts";
import { pairingWindowErrors } from "./pairing-window-error.ts";
import { watchDialogue } from "./watched-dialogue.ts";

export interface WindowOptions {
  /** From 10 s to 10 min. */
  readonly durationMs: number;
  /** A device that is heard more weakly is not at hand, and is not paired. */
  readonly rssiFloorDbm: number;
  /** What the person at the gateway can do. */
  readonly io: IoCapability;
}

/** A kiosk or a terminal, for two minutes. -75 dBm is within an arm's length or two, through a case. */
export const defaultWindowOptions: WindowOptions = { durationMs: 120_000, rssiFloorDbm: -75, io: "keyboard-display" };

export interface PairedDevice {
  readonly address: string;
  readonly name: string | null;
  readonly method: DeviceBond["method"];
  readonly forgetsKey: boolean;
  /** Null if the device went to sleep before it could be asked: its first session will tell. */
  readonly look: FirstLook | null;
}

/** A span of time in which one device may be paired. The same from here as over the control socket. */
export interface PairingSession {
  /** Who is heard, whenever that has changed, until the window closes or the signal is aborted. */
  candidates(signal: AbortSignal): AsyncIterable<readonly Candidate[]>;
  /**
   * Pairs with a device that is near, waiting for one that is not heard yet. A failure leaves the window open, for that
   * device alone; success closes it.
   * Rejects with `pairingErrors`, `pairingWindowErrors` or `gattErrors`.
   */
  pair(choice: PairingChoice): Promise<PairedDevice>;
  /** Why the window has closed; null while it is open. */
  ended(): CarepostError | null;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface PairingChoice {
  readonly address: string;
  /** It forgets its key each time, and is to be paired anew before each session by the gateway alone. */
  readonly forgetsKey: boolean;
}

export interface WindowComponents {
  readonly active: () => ManagedRadio;
  readonly keeper: BondKeeper;
  readonly store: Pick<Store, "devices" | "saveDevice">;
  readonly clock: Clock;
  /** The likeliest time, in milliseconds since 1970. */
  readonly now: () => number;
  /** Ends a connection to the device that is held for later; its turn is taken by then. */
  readonly letGo?: (address: string) => Promise<void>;
  /** Told the address of a device that was paired, as soon as others may use the device. */
  readonly onPaired?: (address: string) => void;
}

const hearRetryMs = 1_000;
/** A radio that is being repaired is back before this; one that is not there holds nobody up for the whole window. */
const deafMsMax = 15_000;
/** How long a device that is heard too weakly has to come nearer. */
const nearerMs = 3_000;
/** How long a connection that somebody has to the device is waited out. */
const busyMs = 15_000;
const tickMs = 250;
/** A device whose key was forgotten, and that is awake, is heard again before this. */
const againMsMax = 15_000;
/** Two addresses that come with one round of scanning may be one device's own, and that of another like it. */
const heirMs = 1_500;
const ignore = (): void => undefined;

interface Wait {
  /** It was near a moment ago: at its own address it is whoever it was then, however it is heard now. */
  readonly isAtHand: boolean;
  readonly limitMs: number;
}

/** What a device is known by when nobody has the key any more by which its private addresses were told to be its own. */
interface Keyless extends Pick<Candidate, "name" | "driver"> {
  readonly sinceMs: number;
}

/** Opened by `PairingDesk`, which lets there be one at a time. */
export class PairingWindow implements PairingSession {
  readonly #with: WindowComponents;
  readonly #options: WindowOptions;
  readonly #dialogue: PairingDialogue;
  readonly #over = new AbortController();
  readonly #heard: Candidates;
  #chosen: string | null = null;
  /** The chosen device, once this window has forgotten its key. */
  #keyless: Keyless | null = null;
  #isPairing = false;
  #pairing: Promise<unknown> = Promise.resolve();

  constructor(components: WindowComponents, options: WindowOptions, dialogue: PairingDialogue) {
    this.#with = components;
    this.#options = options;
    this.#dialogue = dialogue;
    this.#heard = new Candidates(options.rssiFloorDbm);
    void this.#hear();
    const timedOut = pairingErrors.make("pairing-timeout", "the pairing window has closed: its time is up");
    components.clock.sleep(options.durationMs, this.closed).then(
      () => this.#over.abort(timedOut),
      () => undefined,
    );
  }

  /** Aborted when the window has closed, with why. */
  get closed(): AbortSignal {
    return this.#over.signal;
  }

  async *candidates(signal: AbortSignal): AsyncGenerator<readonly Candidate[], void> {
    const ended = AbortSignal.any([signal, this.closed]);
    let told = "";
    while (!ended.aborted) {
      const list = this.#heard.list(this.#with.clock.monotonicMs());
      const text = JSON.stringify(list);
      if (text !== told) yield list;
      told = text;
      await this.#with.clock.sleep(tickMs, ended).catch(() => undefined);
    }
  }

  async pair(choice: PairingChoice): Promise<PairedDevice> {
    this.closed.throwIfAborted();
    const asked = choice.address.toUpperCase();
    const isHeir = this.#chosen !== null && this.#heirAt(this.#with.clock.monotonicMs()) === asked;
    const address = isHeir ? (this.#chosen ?? asked) : asked;
    if (this.#isPairing || (this.#chosen !== null && this.#chosen !== address)) {
      throw pairingWindowErrors.make("pairing-window-taken", "this window is for another device");
    }
    this.#isPairing = true;
    const work = this.#pair({ ...choice, address });
    this.#pairing = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      this.#isPairing = false;
    }
  }

  ended(): CarepostError | null {
    const reason: unknown = this.closed.reason;
    return reason instanceof CarepostError ? reason : null;
  }

  async close(): Promise<void> {
    this.shut(pairingErrors.make("pairing-window-closed", "the pairing window was closed"));
    await this.#pairing;
  }

  shut(reason: CarepostError): void {
    if (!this.closed.aborted) this.#over.abort(reason);
  }

  async #pair({ address, forgetsKey }: PairingChoice): Promise<PairedDevice> {
    const { keeper } = this.#with;
    if (forgetsKey) await this.#refuseIfProven(address);
    await this.#near(address);
    this.#chosen = address;
    const turns = [await keeper.turns.take(address, this.closed)];
    let paired: Bond | null = null;
    try {
      await this.#with.letGo?.(address);
      const heardAs = await this.#withoutKey(address);
      if (heardAs !== address) {
        turns.push(await keeper.turns.take(heardAs, this.closed));
        await this.#with.letGo?.(heardAs);
      }
      const { dialogue, method } = watchDialogue(this.#dialogue);
      const bond = await keeper.during(async () => {
        const made = await this.#bond({ address: heardAs, forgetsKey }, dialogue);
        if (heardAs !== address) await this.#refuseOther(made, address);
        await keeper.paired({ bond: made, method: method(), forgetsKey, heardAs });
        return made;
      });
      paired = bond;
      // Of a device that hides its address, others know the one that its bond has.
      turns.push(keeper.turns.tryTake(bond.address) ?? ignore);
      // The window is over, and with it whatever may be refused; the look has a limit of its own.
      this.shut(pairingErrors.make("pairing-window-closed", "the device of this window is paired"));
      const radio = this.#with.active();
      const components = { ...this.#with, radio, bonds: keeper };
      const look = await lookAt(components, bond, new AbortController().signal);
      return { address: bond.address, name: bond.name, method: method() ?? "just-works", forgetsKey, look };
    } catch (error) {
      if (paired === null) await keeper.unpaired(address);
      throw error;
    } finally {
      for (const giveBack of turns) giveBack();
      if (paired !== null) this.#with.onPaired?.(paired.address);
    }
  }

  /**
   * Forgets the key that there is, because no device is paired over it. One that hides its address is then known by
   * none: it is found as the one that comes in its place. Resolves with the address under which it is heard now.
   */
  async #withoutKey(address: string): Promise<string> {
    const { active, clock } = this.#with;
    const sinceMs = clock.monotonicMs();
    const { name = null, driver = null } = this.#heard.get(address, sinceMs) ?? {};
    if (await active().forget(address)) {
      this.#keyless = { name, driver, sinceMs };
      this.#heard.drop(address);
    }
    return this.#keyless === null ? address : await this.#near(address, { isAtHand: true, limitMs: againMsMax });
  }

  /** It was found by what it is like: whether it is the one that was chosen, only its identity tells. */
  async #refuseOther(made: Bond, address: string): Promise<void> {
    if (made.address.toUpperCase() === address) return;
    await this.#with.active().forget(made.address);
    throw pairingErrors.make("pairing-refused", "another device like it was paired instead, and was let go again");
  }

  #heirAt(nowMs: number): string | null {
    if (this.#keyless === null) return null;
    return this.#heard.heirOf(this.#keyless, { sinceMs: this.#keyless.sinceMs, untilMs: nowMs - heirMs }, nowMs);
  }

  /** Somebody may still have a connection to it, and a device has one at a time. */
  async #bond({ address, forgetsKey }: PairingChoice, dialogue: PairingDialogue): Promise<Bond> {
    const { clock, active } = this.#with;
    const io = forgetsKey ? "no-input-no-output" : this.#options.io;
    const startedMs = clock.monotonicMs();
    for (;;) {
      try {
        return await active().pair({ address, io }, dialogue, this.closed);
      } catch (error) {
        const isBusy = gattErrors.is(error, "connect-refused") && clock.monotonicMs() - startedMs < busyMs;
        if (!isBusy || this.closed.aborted) throw error;
        await clock.sleep(tickMs, this.closed);
      }
    }
  }

  async #refuseIfProven(address: string): Promise<void> {
    const before = await this.#with.keeper.bondOf(address);
    const method = before?.method ?? "just-works";
    if (method === "just-works") return;
    throw pairingWindowErrors.make("forgets-key-refused", "the device has been paired with a passkey before");
  }

  /** Waits until the device is heard, and then a moment until it is heard well. Resolves with where it is heard. */
  async #near(address: string, { isAtHand, limitMs }: Wait = { isAtHand: false, limitMs: Infinity }): Promise<string> {
    const { clock } = this.#with;
    const startedMs = clock.monotonicMs();
    let heardMs: number | null = null;
    for (;;) {
      const nowMs = clock.monotonicMs();
      const candidate = this.#heard.get(address, nowMs) ?? this.#heard.get(this.#heirAt(nowMs) ?? address, nowMs);
      const where = candidate?.address.toUpperCase() ?? null;
      if (where !== null && (candidate?.isNear === true || (isAtHand && where === address))) return where;
      if (candidate !== null) heardMs ??= nowMs;
      if (heardMs !== null && nowMs - heardMs >= nearerMs) {
        const context = { rssiDbm: candidate?.rssiDbm ?? null, floorDbm: this.#options.rssiFloorDbm };
        throw pairingWindowErrors.make("device-signal-weak", "the device is too far away to be paired", { context });
      }
      if (heardMs === null && nowMs - startedMs >= limitMs) {
        throw gattErrors.make("device-absent", "the device is not heard any more, now that its old key is forgotten");
      }
      await clock.sleep(tickMs, this.closed);
    }
  }

  async #hear(): Promise<void> {
    const { clock, active } = this.#with;
    let deafSinceMs: number | null = null;
    while (!this.closed.aborted) {
      const beganMs = clock.monotonicMs();
      try {
        for await (const heard of active().advertisements(this.closed)) {
          deafSinceMs = heard.isLeftConnected === true ? deafSinceMs : null;
          this.#heard.hear(heard, clock.monotonicMs());
        }
      } catch (error) {
        const nowMs = clock.monotonicMs();
        // A call to a stack that hangs takes less; what failed after more has listened until then.
        if (nowMs - beganMs >= 2 * deafMsMax) deafSinceMs = null;
        deafSinceMs ??= nowMs;
        // Once a device is chosen and near, pairing itself says what is wrong.
        const isBonding = this.#isPairing && this.#chosen !== null;
        if (!isBonding && nowMs - deafSinceMs >= deafMsMax && gattErrors.is(error)) this.shut(error);
        await abortable(clock.sleep(hearRetryMs), this.closed).catch(() => undefined);
      }
    }
  }
}
