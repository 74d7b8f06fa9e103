import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { Advertisement, GattLink, Radio } from "../../device-drivers/ports/gatt.ts";
import { abortable } from "./abortable.ts";
import { AdvertisementInbox } from "./advertisement-inbox.ts";
import { type AirPlace, AirWire, openAir } from "./air-wire.ts";
import { VirtualLink } from "./virtual-link.ts";

/**
 * The radio of a virtual air in another process (`carepost simulate`), by `ports/air-protocol.ts`. It opens its socket
 * when it is first asked for something. A socket that is gone loses every link and ends every hearing with
 * `adapter-absent`; the next call opens another, so an air that comes back is found.
 */
export function virtualRadio(place: AirPlace): Radio & { close(): Promise<void> } {
  return new VirtualRadio(place);
}

class VirtualRadio implements Radio {
  readonly #place: AirPlace;
  readonly #inboxes = new Set<AdvertisementInbox>();
  #wire: Promise<AirWire> | null = null;

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
    const linking = this.#link(address);
    try {
      return await abortable(linking, signal);
    } catch (error) {
      // Given up on the way, the connection may still come about; then it is ended.
      if (signal.aborted) void linking.then((link) => link.close()).catch(() => undefined);
      throw error;
    }
  }

  /** Ends every link and every hearing. The radio may be used again. */
  async close(): Promise<void> {
    const wire = await this.#wire?.catch(() => null);
    wire?.destroy();
    await wire?.gone;
  }

  async #link(address: string): Promise<VirtualLink> {
    const wire = await this.#open();
    return await wire.ask({ op: "connect", address }, "adapter-absent", (result) => {
      if (result.type !== "link") throw gattErrors.make("connect-refused", "the air did not answer with a link");
      return new VirtualLink(wire, { ...result, address });
    });
  }

  #open(): Promise<AirWire> {
    if (this.#wire !== null) return this.#wire;
    const opening = openAir(this.#place).then((socket) => new AirWire(socket, (heard) => this.#hear(heard)));
    this.#wire = opening;
    const forget = (): void => {
      if (this.#wire === opening) this.#wire = null;
    };
    opening.then((wire) => wire.gone).then(forget, forget);
    return opening;
  }

  #hear(advertisement: Advertisement): void {
    for (const inbox of this.#inboxes) inbox.put(advertisement);
  }
}
