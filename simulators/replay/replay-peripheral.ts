import { toHex } from "../../device-drivers/kit/hex.ts";
import { fail, ok } from "../../device-drivers/kit/result.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { Advertisement, GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import type { PairingTraits } from "../peripherals/pairing-traits.ts";
import {
  attErrors,
  type AttResult,
  type PeripheralLink,
  type PeripheralSession,
  type VirtualPeripheral,
} from "../peripherals/virtual-peripheral.ts";
import { isAnswered, RecordMemory } from "./record-memory.ts";
import { type Reaction, type ReplayScript, replayScript, type Sent, writeKey } from "./replay-script.ts";
import type { RecordedSession } from "./session-file.ts";

export interface ReplayOptions {
  readonly address: string;
  /** How many times faster than it was recorded; `Infinity` waits for nothing. */
  readonly speed: number;
  /** Whether it refuses everything without a bond. */
  readonly requiresBond: boolean;
  readonly pairing?: PairingTraits;
}

/**
 * A device that does what a recorded one did: it answers a read with what was read, and a subscription and a write with
 * what came of them, in order and with the times between. Asked for something a second time it does what it did the second
 * time, and from the last time on always the same. A Record Access request that was not recorded is answered with the
 * recorded records that it asks for. Each connection begins anew.
 */
export class ReplayPeripheral implements VirtualPeripheral {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly name: string | null;
  readonly services: readonly string[];
  readonly characteristics: readonly GattCharacteristic[];
  readonly requiresBond: boolean;
  readonly pairing?: PairingTraits;
  readonly #clock: Clock;
  readonly #speed: number;
  readonly #script: ReplayScript;
  readonly #memories: ReadonlyMap<number, RecordMemory>;

  constructor(session: RecordedSession, options: ReplayOptions, clock: Clock) {
    this.address = options.address;
    this.addressKind = session.addressKind;
    this.name = session.name;
    this.services = session.services;
    this.characteristics = session.characteristics;
    this.requiresBond = options.requiresBond;
    if (options.pairing !== undefined) this.pairing = options.pairing;
    this.#clock = clock;
    this.#speed = options.speed;
    const script = replayScript(session);
    this.#script = script;
    const controlPoints = session.characteristics.filter(({ uuid }) => uuid === "2A52");
    this.#memories = new Map(
      controlPoints.map(({ handle }) => [handle, new RecordMemory(script, session.characteristics, handle)]),
    );
  }

  isAdvertising(): boolean {
    return true;
  }

  accept(link: PeripheralLink): PeripheralSession {
    const stage = { link, clock: this.#clock, speed: this.#speed };
    return new ReplaySession(stage, this.#script, this.#memories);
  }
}

interface Stage {
  readonly link: PeripheralLink;
  readonly clock: Clock;
  readonly speed: number;
}

class ReplaySession implements PeripheralSession {
  readonly #stage: Stage;
  readonly #script: ReplayScript;
  readonly #memories: ReadonlyMap<number, RecordMemory>;
  readonly #used = new Map<string, number>();
  #sending: Promise<void> = Promise.resolve();
  /** Aborted when the client has asked to hear no more of what is being sent. */
  #report = new AbortController();

  constructor(stage: Stage, script: ReplayScript, memories: ReadonlyMap<number, RecordMemory>) {
    this.#stage = stage;
    this.#script = script;
    this.#memories = memories;
  }

  read(handle: number): AttResult<Uint8Array> {
    const value = this.#next(`read ${handle}`, this.#script.reads.get(handle) ?? []);
    if (value === null) return fail(attErrors.readNotPermitted);
    return typeof value === "number" ? fail(value) : ok(value.slice());
  }

  configure(handle: number, enabled: boolean): AttResult {
    if (!enabled) return ok(undefined);
    const reaction = this.#next(`on ${handle}`, this.#script.enablings.get(handle) ?? []);
    return reaction === null ? ok(undefined) : this.#perform(reaction);
  }

  write(handle: number, value: Uint8Array): AttResult {
    const key = writeKey(handle, toHex(value));
    const recorded = this.#next(`write ${key}`, this.#script.writes.get(key) ?? []);
    const memory = this.#memories.get(handle);
    if (memory !== undefined) return this.#request(memory, { handle, value, recorded });
    // A clock is set to another time now than it was then, and that is all that is different.
    const nearest = recorded ?? this.#next(`write to ${handle}`, this.#script.writesTo.get(handle) ?? []);
    return nearest === null ? fail(attErrors.writeNotPermitted) : this.#perform(nearest);
  }

  #request(memory: RecordMemory, { handle, value, recorded }: RecordRequest): AttResult {
    const isWhole = recorded !== null && (recorded.refusal !== null || isAnswered(recorded.sent, handle));
    if (value[0] === abortOperation) this.#report.abort();
    return this.#perform(isWhole ? recorded : { refusal: null, sent: [...memory.answer(value)] });
  }

  #perform({ refusal, sent }: Reaction): AttResult {
    if (refusal !== null) return fail(refusal);
    if (this.#report.signal.aborted) this.#report = new AbortController();
    const wanted = this.#report.signal;
    this.#sending = this.#sending.then(() => this.#sendAll(sent, wanted)).catch(() => undefined);
    return ok(undefined);
  }

  async #sendAll(sent: readonly Sent[], wanted: AbortSignal): Promise<void> {
    const { link, clock, speed } = this.#stage;
    for (const item of sent) {
      const afterMs = Math.round(item.afterMs / speed);
      if (afterMs > 0) await clock.sleep(afterMs, AbortSignal.any([link.ended, wanted]));
      if (wanted.aborted || link.ended.aborted) return;
      if (item.type === "hang-up") link.disconnect();
      else await link[item.confirmed ? "indicate" : "notify"](item.handle, item.value.slice());
    }
  }

  /** The one that is due, and from the last one on always that. */
  #next<Item>(key: string, items: readonly Item[]): Item | null {
    // What was never recorded is not counted either: a client may write whatever comes to its mind.
    if (items.length === 0) return null;
    const used = this.#used.get(key) ?? 0;
    this.#used.set(key, used + 1);
    return items[Math.min(used, items.length - 1)] ?? null;
  }
}

interface RecordRequest {
  readonly handle: number;
  readonly value: Uint8Array;
  readonly recorded: Reaction | null;
}

const abortOperation = 0x03;
