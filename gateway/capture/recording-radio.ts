import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { attErrorOf } from "../../device-drivers/kit/guarded-link.ts";
import { toHex } from "../../device-drivers/kit/hex.ts";
import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type {
  Advertisement,
  GattCharacteristic,
  GattLink,
  GattSubscription,
  Radio,
} from "../../device-drivers/ports/gatt.ts";
import type { SessionStep } from "../../device-drivers/ports/session-fixture.ts";
import type { OpenStep, SessionRecorder } from "./session-recorder.ts";

/**
 * Any radio, with everything that passes on its links written down. It changes nothing: each call goes through as it
 * came, and a value is recorded when it is taken, so an indication is confirmed exactly when it would be without it.
 */
export function recordRadio(radio: Radio, recorder: SessionRecorder): Radio {
  return {
    advertisements: (signal) => radio.advertisements(signal),
    connect: async (address, signal) => {
      const link = await radio.connect(address, signal);
      recorder.restart();
      return new RecordingLink(link, recorder);
    },
  };
}

class RecordingLink implements GattLink {
  readonly #link: GattLink;
  readonly #recorder: SessionRecorder;
  #ended = false;
  #closed = false;

  constructor(link: GattLink, recorder: SessionRecorder) {
    this.#link = link;
    this.#recorder = recorder;
  }

  get address(): string {
    return this.#link.address;
  }

  get addressKind(): Advertisement["addressKind"] {
    return this.#link.addressKind;
  }

  get bonded(): boolean {
    return this.#link.bonded;
  }

  async discover(signal: AbortSignal): Promise<readonly GattCharacteristic[]> {
    try {
      return await this.#link.discover(signal);
    } catch (error) {
      this.#noteEnd(error);
      throw error;
    }
  }

  async read(characteristic: GattCharacteristic, signal: AbortSignal): Promise<Uint8Array> {
    const open = this.#begin({ op: "read", ...placeOf(characteristic) });
    return await this.#during(open, async () => {
      const value = await this.#link.read(characteristic, signal);
      open.ends({ hex: toHex(value) });
      return value;
    });
  }

  async write(characteristic: GattCharacteristic, value: Uint8Array, signal: AbortSignal): Promise<void> {
    const open = this.#begin({ op: "write", ...placeOf(characteristic), hex: toHex(value) });
    await this.#during(open, () => this.#link.write(characteristic, value, signal));
  }

  async subscribe(characteristic: GattCharacteristic, signal: AbortSignal): Promise<GattSubscription> {
    const kind = kindOf(characteristic);
    const open = this.#begin({ op: "cccd", ...placeOf(characteristic), value: kind });
    const subscription = await this.#during(open, () => this.#link.subscribe(characteristic, signal));
    let isOpen = true;
    return {
      next: async (asked) => {
        try {
          const value = await subscription.next(asked);
          this.#recorder.begin({ op: kind, ...placeOf(characteristic), hex: toHex(value) });
          return value;
        } catch (error) {
          this.#noteEnd(error);
          throw error;
        }
      },
      close: async () => {
        if (isOpen && !this.#ended) this.#recorder.begin({ op: "cccd", ...placeOf(characteristic), value: "off" });
        isOpen = false;
        await subscription.close();
      },
    };
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#recorder.begin({ op: "disconnect", by: this.#ended ? "device" : "gateway" });
    this.#closed = true;
    this.#ended = true;
    await this.#link.close();
  }

  /** What is asked of a link that has ended never reached the device. */
  #begin(step: SessionStep): OpenStep {
    return this.#ended ? { ends: () => undefined } : this.#recorder.begin(step);
  }

  async #during<T>(open: OpenStep, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      const attError = attErrorOf(error);
      const failed = error instanceof CarepostError ? error.code : "aborted";
      open.ends(attError === null ? { failed } : { att_error: attError });
      this.#noteEnd(error);
      throw error;
    }
  }

  /** Values that had arrived may still be taken, so the end itself is written down last, when the link is closed. */
  #noteEnd(error: unknown): void {
    if (gattErrors.is(error, "link-lost")) this.#ended = true;
  }
}

const placeOf = ({ uuid, handle }: GattCharacteristic): Pick<SessionStep, "char" | "handle"> => ({
  char: uuid,
  handle,
});

/** A client that may have both takes notifications, as BlueZ does. */
const kindOf = ({ properties }: GattCharacteristic): "notify" | "indicate" =>
  properties.includes("notify") ? "notify" : "indicate";
