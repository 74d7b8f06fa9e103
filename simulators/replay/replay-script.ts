import { fromHex } from "../../device-drivers/kit/hex.ts";
import type { AttError } from "../peripherals/virtual-peripheral.ts";
import { attErrors } from "../peripherals/virtual-peripheral.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { RecordedSession } from "./session-file.ts";

/** What a device sent, and how long after what came before it. */
export type Sent =
  | {
      readonly type: "value";
      readonly handle: number;
      readonly confirmed: boolean;
      readonly value: Uint8Array;
      readonly afterMs: number;
    }
  | { readonly type: "hang-up"; readonly afterMs: number };

/** What a device did once when it was asked: it refused, or took it and sent these. */
export interface Reaction {
  readonly refusal: AttError | null;
  readonly sent: Sent[];
}

/** A session turned round: from what was asked to what the device did. Each list is in the order of the session. */
export interface ReplayScript {
  /** By handle; a refusal or a value. */
  readonly reads: ReadonlyMap<number, readonly (AttError | Uint8Array)[]>;
  /** By handle: what came of enabling it. */
  readonly enablings: ReadonlyMap<number, readonly Reaction[]>;
  /** By handle and octets, as `writeKey` makes it. */
  readonly writes: ReadonlyMap<string, readonly Reaction[]>;
  /** By handle, whatever was written. */
  readonly writesTo: ReadonlyMap<number, readonly Reaction[]>;
}

export const writeKey = (handle: number, hex: string): string => `${handle} ${hex}`;

/**
 * Puts each value to what brought it: the last write before it, where that came after its subscription, else the
 * subscription itself. So a device sends what it sent then, also to a client that does other things in between.
 */
export function replayScript({ steps, characteristics }: RecordedSession): ReplayScript {
  const desk = new ScriptDesk(characteristics);
  for (const step of steps) desk.take(step);
  return desk;
}

interface Cause {
  readonly reaction: Reaction;
  /** Of the session's clock, at the last thing that belongs to it. */
  lastMs: number;
}

class ScriptDesk implements ReplayScript {
  readonly reads = new Map<number, (AttError | Uint8Array)[]>();
  readonly enablings = new Map<number, Reaction[]>();
  readonly writes = new Map<string, Reaction[]>();
  readonly writesTo = new Map<number, Reaction[]>();
  readonly #characteristics: RecordedSession["characteristics"];
  readonly #enabled = new Map<number, Cause>();
  #written: Cause | null = null;
  /** What would be answered for a value that came of neither. */
  #latest: Cause | null = null;
  #nowMs = 0;

  constructor(characteristics: RecordedSession["characteristics"]) {
    this.#characteristics = characteristics;
  }

  take(step: SessionStep): void {
    this.#nowMs = step.at_ms ?? this.#nowMs;
    if (step.op === "idle") this.#nowMs += (step.seconds ?? 0) * 1_000;
    if (step.op === "disconnect" && step.by !== "gateway") this.#hangUp();
    const handle = this.#handleOf(step);
    if (handle === null || step.failed !== undefined) return;
    if (step.op === "read") this.#read(handle, step);
    if (step.op === "cccd" && step.value !== "off") this.#enable(handle, step);
    if (step.op === "write") this.#write(handle, step);
    if (step.op === "notify" || step.op === "indicate") this.#value(handle, step);
  }

  #read(handle: number, step: SessionStep): void {
    const value = step.att_error === undefined ? octetsOf(step) : attErrorOf(step.att_error);
    append(this.reads, handle, value);
  }

  #enable(handle: number, step: SessionStep): void {
    const cause = this.#cause(step);
    append(this.enablings, handle, cause.reaction);
    this.#enabled.set(handle, cause);
    // What was written before it cannot have made it speak.
    if (cause.reaction.refusal === null) this.#written = null;
  }

  #write(handle: number, step: SessionStep): void {
    const cause = this.#cause(step);
    append(this.writes, writeKey(handle, step.hex ?? ""), cause.reaction);
    append(this.writesTo, handle, cause.reaction);
    if (cause.reaction.refusal === null) this.#written = cause;
  }

  #value(handle: number, step: SessionStep): void {
    const cause = this.#written ?? this.#enabled.get(handle) ?? this.#latest;
    if (cause === null) return;
    const value = octetsOf(step);
    cause.reaction.sent.push({
      type: "value",
      handle,
      confirmed: step.op === "indicate",
      value,
      afterMs: this.#since(cause),
    });
  }

  #hangUp(): void {
    if (this.#latest === null) return;
    this.#latest.reaction.sent.push({ type: "hang-up", afterMs: this.#since(this.#latest) });
  }

  #cause(step: SessionStep): Cause {
    const refusal = step.att_error === undefined ? null : attErrorOf(step.att_error);
    this.#latest = { reaction: { refusal, sent: [] }, lastMs: this.#nowMs };
    return this.#latest;
  }

  #since(cause: Cause): number {
    const afterMs = Math.max(0, this.#nowMs - cause.lastMs);
    cause.lastMs = this.#nowMs;
    return afterMs;
  }

  #handleOf({ char, handle }: SessionStep): number | null {
    const named = this.#characteristics.find((one) => one.uuid === char && one.handle === handle);
    return (named ?? this.#characteristics.find((one) => one.uuid === char))?.handle ?? null;
  }
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

const octetsOf = ({ hex }: SessionStep): Uint8Array => fromHex(hex ?? "") ?? new Uint8Array();

/** A code that virtual devices do not know is told as the one that says nothing. */
const attErrorOf = (code: number): AttError =>
  Object.values(attErrors).find((known) => known === code) ?? attErrors.unlikelyError;
