import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink } from "../../device-drivers/ports/gatt.ts";
import { abortable } from "./abortable.ts";
import { AdvertisementInbox } from "./advertisement-inbox.ts";
import { type AirPlace, AirWire, openAir } from "./air-wire.ts";
import type { Bond, ManagedRadio, PairingRequest, RadioAbilities, RadioEvent, RepairRung } from "./managed-radio.ts";
import type { PairingDialogue } from "./pairing.ts";
import { RadioEventFeed } from "./radio-event-feed.ts";
import { VirtualLink } from "./virtual-link.ts";
import { pairVirtually } from "./virtual-pairing.ts";

/**
 * The radio of a virtual air in another process (`carepost simulate`), by `ports/air-protocol.ts`. It opens its socket
 * when it is first asked for something. A socket that is gone loses every link and ends every hearing with
 * `adapter-absent`; the next call opens another, so an air that comes back is found.
 *
 * The air's devices keep the bonds; this side knows those that it has made, and those that a connection has shown.
 */
export function virtualRadio(place: AirPlace): ManagedRadio {
  return new VirtualRadio(place);
}

class VirtualRadio implements ManagedRadio {
  readonly kind = "virtual";
  readonly adapter = "virtual";
  readonly abilities: RadioAbilities = {
    pairing: ["just-works", "passkey-entry", "passkey-shown", "numeric-comparison"],
    holdsConfirmations: true,
  };
  readonly rungs: readonly RepairRung[] = ["restart-scan"];
  readonly #place: AirPlace;
  readonly #inboxes = new Set<AdvertisementInbox>();
  readonly #bonds = new Map<string, Bond>();
  readonly #feed = new RadioEventFeed();
  #wire: Promise<AirWire> | null = null;
  #isPresent = true;

  constructor(place: AirPlace) {
    this.#place = place;
  }

  async *advertisements(signal: AbortSignal): AsyncGenerator<Advertisement, void> {
    if (signal.aborted) return;
    const wire = await this.#open();
    const inbox = new AdvertisementInbox();
    this.#inboxes.add(inbox);
    void wire.gone.then(() => inbox.fail(gattErrors.make("adapter-absent", "the virtual air is gone")));
    try {
      if (this.#inboxes.size === 1) await wire.ask({ op: "scan", on: true }, "adapter-absent", () => undefined);
      yield* inbox.take(signal);
    } finally {
      this.#inboxes.delete(inbox);
      if (this.#inboxes.size === 0) await wire.tell({ op: "scan", on: false });
    }
  }

  async connect(address: string, signal: AbortSignal): Promise<GattLink> {
    signal.throwIfAborted();
    const linking = this.#watched(this.#link(address));
    try {
      return await abortable(linking, signal);
    } catch (error) {
      // Given up on the way, the connection may still come about; then it is ended.
      if (signal.aborted) void linking.then((link) => link.close()).catch(() => undefined);
      throw error;
    }
  }

  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    return this.#feed.events(signal);
  }

  async pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    signal.throwIfAborted();
    await this.forget(request.address);
    const wire = await this.#open();
    const bond = await this.#watched(pairVirtually(wire, request, { dialogue, signal }));
    this.#keep(bond);
    return bond;
  }

  async bonds(): Promise<readonly Bond[]> {
    return [...this.#bonds.values()];
  }

  async forget(address: string): Promise<boolean> {
    const key = address.toUpperCase();
    const wire = await this.#open();
    await wire.ask({ op: "forget", address: key }, "adapter-absent", () => undefined);
    const wasBonded = this.#bonds.delete(key);
    if (wasBonded) this.#feed.tell({ type: "bond-removed", address: key });
    return wasBonded;
  }

  async repair(rung: RepairRung, signal: AbortSignal): Promise<void> {
    if (rung !== "restart-scan") throw gattErrors.make("misuse", `a virtual radio has no ${rung}`);
    const wire = await abortable(this.#open(), signal);
    const turn = (on: boolean): Promise<void> => wire.ask({ op: "scan", on }, "adapter-absent", () => undefined);
    await abortable(turn(false), signal);
    if (this.#inboxes.size > 0) await abortable(turn(true), signal);
  }

  /** Ends every link and every hearing. The radio may be used again. */
  async close(): Promise<void> {
    const opened = this.#wire;
    this.#wire = null;
    const wire = await opened?.catch(() => null);
    wire?.destroy();
    await wire?.gone;
  }

  async #link(address: string): Promise<VirtualLink> {
    const wire = await this.#open();
    return await wire.ask({ op: "connect", address }, "adapter-absent", (result) => {
      if (result.type !== "link") throw gattErrors.make("connect-refused", "the air did not answer with a link");
      if (result.bonded) this.#keep({ address: address.toUpperCase(), addressKind: result.addressKind, name: null });
      return new VirtualLink(wire, { ...result, address });
    });
  }

  #keep(bond: Bond): void {
    const before = this.#bonds.get(bond.address);
    this.#bonds.set(bond.address, { ...bond, name: bond.name ?? before?.name ?? null });
    if (before === undefined) this.#feed.tell({ type: "bond-made", address: bond.address });
  }

  /** What the air answers shows whether it has an adapter. */
  async #watched<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.#turn(true);
      return result;
    } catch (error) {
      if (gattErrors.is(error, "adapter-absent")) this.#turn(false);
      throw error;
    }
  }

  #turn(isPresent: boolean): void {
    if (this.#isPresent === isPresent) return;
    this.#isPresent = isPresent;
    this.#feed.tell({ type: isPresent ? "adapter-back" : "adapter-gone" });
  }

  #open(): Promise<AirWire> {
    if (this.#wire !== null) return this.#wire;
    const opening = openAir(this.#place).then((socket) => new AirWire(socket, (heard) => this.#hear(heard)));
    this.#wire = opening;
    void this.#watched(opening).then(
      (wire) => wire.gone.then(() => this.#letGo(opening, true)),
      () => this.#letGo(opening, false),
    );
    return opening;
  }

  /** A socket is gone. One that was closed by us is no longer in use, and no loss. */
  #letGo(opened: Promise<AirWire>, wasOpen: boolean): void {
    if (this.#wire !== opened) return;
    this.#wire = null;
    if (wasOpen) this.#turn(false);
  }

  #hear(advertisement: Advertisement): void {
    this.#turn(true);
    for (const inbox of this.#inboxes) inbox.put(advertisement);
  }
}
