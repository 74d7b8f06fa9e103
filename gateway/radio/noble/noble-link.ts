import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type {
  Advertisement,
  GattCharacteristic,
  GattLink,
  GattSubscription,
} from "../../../device-drivers/ports/gatt.ts";
import { abortable } from "../abortable.ts";
import { CallOrder } from "../call-order.ts";
import { requireProperty } from "../declared-property.ts";
import { within } from "../within.ts";
import { VirtualSubscription } from "../virtual-subscription.ts";
import { attFailure, reportedFailure } from "./noble-failure.ts";
import type { AttError } from "./hci-internals.ts";
import type { NobleBindings } from "./noble-bindings.ts";
import type { NobleTable } from "./noble-table.ts";

export interface NobleLinkPorts {
  readonly bindings: NobleBindings;
  readonly clock: Clock;
  /** Ends the connection, and resolves when it has ended. Never rejects. */
  readonly disconnect: () => Promise<void>;
}

export interface NobleLinkDescription {
  readonly id: string;
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly table: NobleTable;
}

/** What noble tells of a characteristic, by its names for service and characteristic. */
export interface NobleNews {
  readonly about: "read" | "write" | "notify" | "value";
  readonly service: string;
  readonly characteristic: string;
  readonly value: Uint8Array | null;
  /** What the operating system said went wrong. */
  readonly error: unknown;
}

/** An ATT transaction that is not answered for so long has failed, and with it the link (Core Vol 3 Part F 3.3.3). */
const transactionMs = 30_000;
/** Who sends so much more than is taken is not a meter. */
const waitingValuesMax = 16_384;
/** ATT requests by whose refusal an operation fails: read, read blob, write, execute write, read by type (of the CCCD). */
const refusable: Readonly<Record<"read" | "write" | "notify", readonly number[]>> = {
  read: [0x0a, 0x0c],
  write: [0x12, 0x16, 0x18],
  notify: [0x08, 0x12],
};
/** Read Blob beyond the end: how a value ends whose length is a multiple of the MTU. */
const endsOfValue: ReadonlySet<number> = new Set([0x07, 0x0b]);
const readBlob = 0x0c;

interface Pending {
  readonly about: "read" | "write" | "notify";
  readonly service: string;
  readonly characteristic: string;
  readonly settle: (value: Uint8Array) => void;
  readonly fail: (error: CarepostError) => void;
}

/** One connection by noble. One operation is with noble at a time: it does not say which one an error belongs to. */
export class NobleLink implements GattLink {
  readonly id: string;
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  /** noble keeps no keys; what the operating system keeps, it does not tell. */
  readonly bonded = false;
  readonly #ports: NobleLinkPorts;
  readonly #table: NobleTable;
  readonly #order = new CallOrder();
  readonly #ended = new AbortController();
  readonly #subscriptions = new Map<number, VirtualSubscription>();
  #pending: Pending | null = null;
  #waitingValues = 0;
  #closing: Promise<void> | null = null;

  constructor(ports: NobleLinkPorts, { id, address, addressKind, table }: NobleLinkDescription) {
    this.#ports = ports;
    this.id = id;
    this.address = address;
    this.addressKind = addressKind;
    this.#table = table;
  }

  discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    return this.#inTurn(signal, () => Promise.resolve(this.#table.characteristics));
  }

  async read(characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array> {
    requireProperty(characteristic, ["read"]);
    const { service, name } = this.#table.names(characteristic);
    return await this.#operate({ about: "read", characteristic, signal }, (bindings) =>
      bindings.read(this.id, service, name),
    );
  }

  async write(characteristic: GattCharacteristic, value: Uint8Array, signal: AbortSignal): Promise<void> {
    requireProperty(characteristic, ["write"]);
    const { service, name } = this.#table.names(characteristic);
    const octets = Buffer.from(value);
    await this.#operate({ about: "write", characteristic, signal }, (bindings) =>
      bindings.write(this.id, service, name, octets, false),
    );
  }

  async subscribe(characteristic: GattCharacteristic, signal: AbortSignal): Promise<GattSubscription> {
    requireProperty(characteristic, ["notify", "indicate"]);
    this.#throwIfOver(signal);
    const { handle } = characteristic;
    if (this.#subscriptions.has(handle)) throw gattErrors.make("misuse", "the characteristic is subscribed to already");
    const subscription = this.#newSubscription(characteristic);
    // Before the request goes out, because the first value may overtake the answer.
    this.#subscriptions.set(handle, subscription);
    try {
      await this.#configure(characteristic, true, signal);
    } catch (error) {
      // Given up on the way, the request may still reach the device; then it is taken back.
      if (signal.aborted) void subscription.close();
      else this.#subscriptions.delete(handle);
      throw error;
    }
    return subscription;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** noble tells something of one of its characteristics. */
  hear({ about, service, characteristic, value, error }: NobleNews): void {
    if (about === "value") {
      const handle = this.#table.handleOf(service, characteristic);
      if (handle !== null && value !== null) this.#arrive(handle, value);
      return;
    }
    const pending = this.#pending;
    const isAwaited =
      pending?.about === about && pending.service === service && pending.characteristic === characteristic;
    if (!isAwaited) return;
    if (error !== undefined && error !== null) pending.fail(reportedFailure(error));
    else pending.settle(value ?? new Uint8Array());
  }

  /** The device has refused a request, of which noble says nothing. */
  refused({ request, code }: AttError): void {
    const pending = this.#pending;
    if (pending === null || !refusable[pending.about].includes(request)) return;
    if (request === readBlob && endsOfValue.has(code)) return;
    pending.fail(attFailure(code));
  }

  lost(reason: string): void {
    this.#end(gattErrors.make("link-lost", reason));
  }

  async #close(): Promise<void> {
    for (const subscription of this.#subscriptions.values()) subscription.discard();
    if (this.#ended.signal.aborted) return;
    this.#end(gattErrors.make("link-closed", "the link was closed"));
    await this.#ports.disconnect();
  }

  #end(error: CarepostError): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(error);
    this.#pending?.fail(error);
    for (const subscription of this.#subscriptions.values()) subscription.end(error);
  }

  #arrive(handle: number, value: Uint8Array): void {
    const isKept = this.#subscriptions.get(handle)?.accept({ value, confirm: null }) ?? false;
    if (isKept) this.#waitingValues += 1;
    if (this.#waitingValues <= waitingValuesMax) return;
    this.lost("the device sends more than anybody takes");
    void this.#ports.disconnect();
  }

  #newSubscription(characteristic: GattCharacteristic): VirtualSubscription {
    const { handle } = characteristic;
    const subscription: VirtualSubscription = new VirtualSubscription({
      // noble has confirmed it already.
      confirm: () => undefined,
      taken: (values) => {
        this.#waitingValues -= values;
      },
      disable: async () => {
        if (this.#subscriptions.get(handle) === subscription) this.#subscriptions.delete(handle);
        const never = new AbortController();
        await this.#configure(characteristic, false, never.signal).catch(() => undefined);
      },
    });
    return subscription;
  }

  async #configure(characteristic: GattCharacteristic, enabled: boolean, signal: AbortSignal): Promise<void> {
    const { service, name } = this.#table.names(characteristic);
    await this.#operate({ about: "notify", characteristic, signal }, (bindings) =>
      bindings.notify(this.id, service, name, enabled),
    );
  }

  #operate(
    { about, characteristic, signal }: Operation,
    begin: (bindings: NobleBindings) => void,
  ): Promise<Uint8Array> {
    return this.#inTurn(signal, async () => {
      const { service, name } = this.#table.names(characteristic);
      const answered = Promise.withResolvers<Uint8Array>();
      this.#pending = { about, service, characteristic: name, settle: answered.resolve, fail: answered.reject };
      try {
        begin(this.#ports.bindings);
        const { clock } = this.#ports;
        const bound = { clock, durationMs: transactionMs, signal: this.#ended.signal, late: unanswered };
        return await within(bound, (limit) => abortable(answered.promise, limit));
      } catch (error) {
        if (gattErrors.is(error, "operation-timeout")) this.#giveUp();
        throw error;
      } finally {
        this.#pending = null;
      }
    });
  }

  /** Nothing can be asked any more on a link where a question has no answer. */
  #giveUp(): void {
    this.lost("the device did not answer in time");
    void this.#ports.disconnect();
  }

  async #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.#throwIfOver(signal);
    const turn = this.#order.run(() => {
      this.#throwIfOver(signal);
      return work();
    });
    return await abortable(abortable(turn, this.#ended.signal), signal);
  }

  #throwIfOver(signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#ended.signal.throwIfAborted();
  }
}

interface Operation {
  readonly about: Pending["about"];
  readonly characteristic: GattCharacteristic;
  readonly signal: AbortSignal;
}

const unanswered = (): CarepostError => gattErrors.make("operation-timeout", "the device did not answer in time");
