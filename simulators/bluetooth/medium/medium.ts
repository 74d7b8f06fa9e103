import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { seededRandom, seedOf } from "../../random.ts";
import { bluetoothErrors } from "../bluetooth-error.ts";
import { Controller } from "../controller/controller.ts";
import { addressOctets } from "../controller/device-address.ts";
import type { AdvertisingEvent } from "./advertising-event.ts";
import type { Room } from "./room.ts";

export interface MediumOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** So many times faster than the specification's times does everything on the air happen; 1 unless told. */
  readonly speed?: number;
  /** How long a packet of a link is on its way; 0 unless told. */
  readonly latencyMs?: number;
}

export interface ControllerOptions {
  /** Upper case, octets parted by colons; unless told, the next of the addresses for documentation (RFC 7042 2.1). */
  readonly address?: string;
  /** Public unless told. A random one is the controller's own from the start: its host need not set it. */
  readonly addressKind?: "public" | "random-static" | "random-private";
  readonly rssiDbm?: number;
  /** Buffers for data from the host: how long and how many. */
  readonly aclBytesMax?: number;
  readonly aclPacketsMax?: number;
  readonly linksMax?: number;
}

/** A room in which every controller hears every other. */
export interface Medium {
  /** Puts another controller into the room. */
  controller(options?: ControllerOptions): Controller;
  /** Those in the room, in the order in which they came. */
  readonly controllers: readonly Controller[];
  /** Takes every controller out. */
  close(): void;
}

const defaults = { rssiDbm: -55, aclBytesMax: 251, aclPacketsMax: 8, linksMax: 16 } as const;

/** A virtual room of Bluetooth LE controllers (Core Vol 6 Part B). */
export function createMedium(options: MediumOptions): Medium {
  return new RadioRoom(options);
}

class RadioRoom implements Medium, Room {
  readonly clock: Clock;
  readonly latencyMs: number;
  readonly #seed: number;
  readonly #speed: number;
  readonly #controllers = new Set<Controller>();
  #made = 0;

  constructor({ clock, seed, speed = 1, latencyMs = 0 }: MediumOptions) {
    this.clock = clock;
    this.latencyMs = latencyMs;
    this.#seed = seed;
    this.#speed = speed;
  }

  get controllers(): readonly Controller[] {
    return [...this.#controllers];
  }

  controller(options: ControllerOptions = {}): Controller {
    const { address, addressKind = "public", ...settings } = options;
    const text = address ?? this.#nextAddress();
    const octets = addressOctets(text);
    if (octets === null) throw bluetoothErrors.make("controller-address-invalid", `${text} is no device address`);
    const made = new Controller(this, {
      ...defaults,
      ...settings,
      address: { isRandom: addressKind !== "public", octets },
    });
    this.#controllers.add(made);
    made.removed.addEventListener("abort", () => this.#controllers.delete(made), { once: true });
    return made;
  }

  close(): void {
    for (const controller of this.#controllers) controller.remove();
  }

  airMs(durationMs: number): number {
    return durationMs / this.#speed;
  }

  airNowMs(): number {
    return this.clock.monotonicMs() * this.#speed;
  }

  random(...labels: readonly (string | number)[]): ReturnType<typeof seededRandom> {
    return seededRandom(seedOf(this.#seed, "bluetooth", ...labels));
  }

  advertise(event: AdvertisingEvent): void {
    for (const controller of this.#controllers) {
      if (controller !== event.sender) controller.hear(event);
    }
  }

  #nextAddress(): string {
    this.#made += 1;
    const last = [this.#made >> 8, this.#made].map((part) => (part & 0xff).toString(16).toUpperCase().padStart(2, "0"));
    // The documentation addresses end with one octet; where they run out, locally administered ones follow.
    return this.#made <= 0xff ? `00:00:5E:00:53:${last[1]}` : `02:00:5E:00:${last.join(":")}`;
  }
}
