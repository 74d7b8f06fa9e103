import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { fromHex, toHex } from "../../device-drivers/kit/hex.ts";
import type { AirResult } from "../../device-drivers/ports/air-protocol.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattCharacteristic, GattLink, GattSubscription } from "../../device-drivers/ports/gatt.ts";
import { abortable } from "./abortable.ts";
import { requireProperty } from "./declared-property.ts";
import type { AirWire, LinkRequest } from "./air-wire.ts";
import { VirtualSubscription } from "./virtual-subscription.ts";

export interface LinkDescription {
  readonly link: number;
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly bonded: boolean;
}

/** One connection through the air. The air itself keeps the order of the calls. */
export class VirtualLink implements GattLink {
  readonly address: string;
  readonly addressKind: Advertisement["addressKind"];
  readonly bonded: boolean;
  readonly #wire: AirWire;
  readonly #link: number;
  readonly #ended = new AbortController();
  readonly #subscriptions = new Map<number, VirtualSubscription>();
  #closing: Promise<void> | null = null;

  constructor(wire: AirWire, { link, address, addressKind, bonded }: LinkDescription) {
    this.address = address;
    this.addressKind = addressKind;
    this.bonded = bonded;
    this.#wire = wire;
    this.#link = link;
    wire.attach(link, {
      value: (handle, arrival) => this.#subscriptions.get(handle)?.accept(arrival) ?? false,
      lost: (reason) => this.#end(gattErrors.make("link-lost", reason)),
    });
  }

  async discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    const result = await this.#ask({ op: "discover" }, signal);
    return result.type === "characteristics" ? result.characteristics : [];
  }

  async read(characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array> {
    requireProperty(characteristic, ["read"]);
    const result = await this.#ask({ op: "read", handle: characteristic.handle }, signal);
    return (result.type === "value" ? fromHex(result.hex) : null) ?? new Uint8Array();
  }

  async write(characteristic: GattCharacteristic, value: Uint8Array, signal: AbortSignal): Promise<void> {
    requireProperty(characteristic, ["write"]);
    await this.#ask({ op: "write", handle: characteristic.handle, hex: toHex(value) }, signal);
  }

  async subscribe(characteristic: GattCharacteristic, signal: AbortSignal): Promise<GattSubscription> {
    requireProperty(characteristic, ["notify", "indicate"]);
    const { handle } = characteristic;
    this.#throwIfOver(signal);
    if (this.#subscriptions.has(handle)) throw gattErrors.make("misuse", "the characteristic is subscribed to already");
    const subscription = this.#newSubscription(handle);
    // Before the request goes out, because the first value may overtake the answer.
    this.#subscriptions.set(handle, subscription);
    try {
      await this.#ask({ op: "subscribe", handle }, signal);
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

  async #close(): Promise<void> {
    for (const subscription of this.#subscriptions.values()) subscription.discard();
    if (this.#ended.signal.aborted) return;
    this.#end(gattErrors.make("link-closed", "the link was closed"));
    await this.#wire.tell({ op: "close", link: this.#link });
  }

  #end(error: CarepostError): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(error);
    this.#wire.detach(this.#link);
    for (const subscription of this.#subscriptions.values()) subscription.end(error);
  }

  async #ask(request: LinkRequest, signal: AbortSignal): Promise<AirResult> {
    this.#throwIfOver(signal);
    const answer = this.#wire.ask({ ...request, link: this.#link }, "link-lost", (result) => result);
    return await abortable(abortable(answer, this.#ended.signal), signal);
  }

  #throwIfOver(signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#ended.signal.throwIfAborted();
  }

  #newSubscription(handle: number): VirtualSubscription {
    const subscription = new VirtualSubscription({
      confirm: (confirm) => void this.#tell({ op: "confirm", confirm }),
      taken: (values) => this.#wire.release(values),
      disable: async () => {
        if (this.#subscriptions.get(handle) === subscription) this.#subscriptions.delete(handle);
        await this.#tell({ op: "unsubscribe", handle });
      },
    });
    return subscription;
  }

  /** For what nobody waits for. Never rejects. */
  async #tell(request: LinkRequest): Promise<void> {
    if (!this.#ended.signal.aborted) await this.#wire.tell({ ...request, link: this.#link });
  }
}
