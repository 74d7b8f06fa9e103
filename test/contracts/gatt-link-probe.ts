import { ok } from "../../device-drivers/kit/result.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import {
  attErrors,
  type AttResult,
  type Delivery,
  type PeripheralLink,
  type PeripheralSession,
  type VirtualPeripheral,
} from "../../simulators/peripherals/virtual-peripheral.ts";

/** A device for the contract suite: it does what a test tells it to, and remembers what was done to it. */
export class Probe implements VirtualPeripheral {
  readonly address: string;
  readonly addressKind: VirtualPeripheral["addressKind"] = "random-static";
  readonly services = ["1810", "1808"];
  readonly requiresBond = true;
  readonly characteristics = Object.values(probeCharacteristics);
  name: string | null = "Probe";
  isAwake = true;
  /** What reached the device, in order: "read 36", "write 40 0101", "on 32", "off 32". */
  readonly heard: string[] = [];
  /** What became of each value that was sent, in order. */
  readonly deliveries: Delivery[] = [];
  /** Called within the CCCD write, before it is answered. */
  whenConfigured: () => void = () => {};
  /** The answer to the next CCCD write. */
  configureRefusal: AttResult = ok(undefined);
  #link: PeripheralLink | null = null;

  constructor(address = "C0:FF:EE:00:00:01") {
    this.address = address;
  }

  isAdvertising(): boolean {
    return this.isAwake;
  }

  accept(link: PeripheralLink): PeripheralSession {
    this.#link = link;
    return {
      read: (handle) => this.#read(handle),
      write: (handle, value) => {
        this.heard.push(`write ${handle} ${Buffer.from(value).toString("hex")}`);
        return ok(undefined);
      },
      configure: (handle, enabled) => {
        this.heard.push(`${enabled ? "on" : "off"} ${handle}`);
        this.whenConfigured();
        const answer = this.configureRefusal;
        this.configureRefusal = ok(undefined);
        return answer;
      },
    };
  }

  /** Sends one value of one octet each and does not wait for what becomes of them. */
  indicate(...values: readonly number[]): void {
    const { handle } = probeCharacteristics.pressure;
    for (const value of values) void this.#link?.indicate(handle, Uint8Array.of(value)).then(this.#remember);
  }

  notify(...values: readonly number[]): void {
    const { handle } = probeCharacteristics.glucose;
    for (const value of values) void this.#link?.notify(handle, Uint8Array.of(value)).then(this.#remember);
  }

  disconnect(): void {
    this.#link?.disconnect();
  }

  /** Resolves when the device knows that its connection has ended. */
  ended(): Promise<void> {
    const ended = this.#link?.ended;
    if (ended === undefined || ended.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      ended.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  readonly #remember = (delivery: Delivery): void => {
    this.deliveries.push(delivery);
  };

  #read(handle: number): AttResult<Uint8Array> {
    this.heard.push(`read ${handle}`);
    if (handle === probeCharacteristics.lie.handle) return { ok: false, error: attErrors.readNotPermitted };
    return ok(Uint8Array.from({ length: 300 }, (_, position) => (position + handle) % 256));
  }
}

const characteristic = (
  uuid: string,
  handle: number,
  ...properties: GattCharacteristic["properties"]
): GattCharacteristic => ({ service: handle < 48 ? "1810" : "1808", uuid, handle, properties });

/** With room for declarations and CCCDs between the handles, and for the services that a real server has before them. */
export const probeCharacteristics = {
  pressure: characteristic("2A35", 32, "indicate"),
  model: characteristic("2A24", 36, "read"),
  control: characteristic("2A52", 40, "write", "indicate"),
  /** Declares what it then refuses. */
  lie: characteristic("2A49", 44, "read"),
  glucose: characteristic("2A18", 50, "notify"),
  /** A second one with a UUID that there is already. */
  otherControl: characteristic("2A52", 56, "write", "indicate"),
} as const;
