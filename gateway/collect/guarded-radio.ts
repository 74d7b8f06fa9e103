import type { Advertisement, GattLink } from "../../device-drivers/ports/gatt.ts";
import type {
  Bond,
  ManagedRadio,
  PairingRequest,
  RadioAbilities,
  RadioEvent,
  RepairRung,
} from "../radio/managed-radio.ts";
import type { PairingDialogue } from "../radio/pairing.ts";
import type { LinkActivity } from "./link-activity.ts";

/** A radio whose connections and pairings are noticed, so that no repair cuts them. */
export class GuardedRadio implements ManagedRadio {
  readonly #radio: ManagedRadio;
  readonly #links: LinkActivity;

  constructor(radio: ManagedRadio, links: LinkActivity) {
    this.#radio = radio;
    this.#links = links;
  }

  get kind(): ManagedRadio["kind"] {
    return this.#radio.kind;
  }

  get adapter(): string {
    return this.#radio.adapter;
  }

  get abilities(): RadioAbilities {
    return this.#radio.abilities;
  }

  get rungs(): readonly RepairRung[] {
    return this.#radio.rungs;
  }

  advertisements(signal: AbortSignal): AsyncIterable<Advertisement> {
    return this.#radio.advertisements(signal);
  }

  connect(address: string, signal: AbortSignal): Promise<GattLink> {
    return this.#links.follow(() => this.#radio.connect(address, signal));
  }

  events(signal: AbortSignal): AsyncIterable<RadioEvent> {
    return this.#radio.events(signal);
  }

  pair(request: PairingRequest, dialogue: PairingDialogue, signal: AbortSignal): Promise<Bond> {
    return this.#links.during(() => this.#radio.pair(request, dialogue, signal));
  }

  bonds(): Promise<readonly Bond[]> {
    return this.#radio.bonds();
  }

  forget(address: string): Promise<boolean> {
    return this.#radio.forget(address);
  }

  repair(rung: RepairRung, signal: AbortSignal): Promise<void> {
    return this.#radio.repair(rung, signal);
  }

  close(): Promise<void> {
    return this.#radio.close();
  }
}
