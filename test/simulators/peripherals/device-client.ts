import {
  encodeRacpRequest,
  decodeRacpResponse,
  type RacpRequest,
  type RacpResponse,
} from "../../../device-drivers/kit/racp.ts";
import type { GattCharacteristic, GattLink, GattSubscription } from "../../../device-drivers/ports/gatt.ts";
import type { AirFaults } from "../../../simulators/air/air-faults.ts";
import { createVirtualAir, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import type { DeviceEvent, DeviceObserver } from "../../../simulators/peripherals/device-event.ts";
import { type DeviceIdentity, systemIdOf } from "../../../simulators/peripherals/device-identity.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";

export const startAt = Date.UTC(2026, 2, 1, 8, 0, 0);

export const testIdentity: DeviceIdentity = {
  address: "C0:53:49:4D:00:01",
  addressKind: "public",
  name: "Sim",
  manufacturer: "Carepost Simulators",
  model: "Virtual",
  serial: "SIM-1",
  firmware: "1.0",
  systemId: systemIdOf("C0:53:49:4D:00:01"),
  batteryPercent: 80,
  textOctets: 0,
};

export interface DeviceStage<Device> {
  readonly clock: VirtualClock;
  readonly air: VirtualAir;
  readonly device: Device;
  /** What the device's journal was told. */
  readonly events: DeviceEvent[];
  connect(): Promise<DeviceClient>;
}

/** A device alone in an air, under a virtual clock. */
export function stageDevice<Device extends VirtualPeripheral>(
  make: (ports: { readonly clock: VirtualClock; readonly observe: DeviceObserver }) => Device,
  faults: Partial<AirFaults> = {},
): DeviceStage<Device> {
  const clock = createVirtualClock(startAt);
  const air = createVirtualAir({ clock, seed: 1, faults });
  const events: DeviceEvent[] = [];
  const device = make({ clock, observe: (event) => events.push(event) });
  air.add(device);
  const connect = async (): Promise<DeviceClient> => {
    const link = await clock.runUntil(air.radio.connect(device.address, never));
    return new DeviceClient(clock, link, await link.discover(never));
  };
  return { clock, air, device, events, connect };
}

export const never: AbortSignal = new AbortController().signal;

/** A plain GATT client: it takes what comes, and judges nothing. */
export class DeviceClient {
  readonly link: GattLink;
  readonly #clock: VirtualClock;
  readonly #characteristics: readonly GattCharacteristic[];
  readonly #subscriptions = new Map<string, GattSubscription>();

  constructor(clock: VirtualClock, link: GattLink, characteristics: readonly GattCharacteristic[]) {
    this.link = link;
    this.#clock = clock;
    this.#characteristics = characteristics;
  }

  has(uuid: string): boolean {
    return this.#characteristics.some((characteristic) => characteristic.uuid === uuid);
  }

  find(uuid: string): GattCharacteristic {
    const found = this.#characteristics.find((characteristic) => characteristic.uuid === uuid);
    if (found === undefined) throw new Error(`the device has no ${uuid}`);
    return found;
  }

  async read(uuid: string): Promise<Uint8Array> {
    return await this.link.read(this.find(uuid), never);
  }

  async write(uuid: string, value: Uint8Array): Promise<void> {
    await this.link.write(this.find(uuid), value, never);
  }

  async subscribe(...uuids: readonly string[]): Promise<void> {
    for (const uuid of uuids) this.#subscriptions.set(uuid, await this.link.subscribe(this.find(uuid), never));
  }

  /** The next value, or null when none comes within `silenceMs`. It is confirmed by the next call. */
  async next(uuid: string, silenceMs = 10_000): Promise<Uint8Array | null> {
    const silence = new AbortController();
    const over = this.#clock.sleep(silenceMs, silence.signal).then(
      () => silence.abort("silence"),
      () => undefined,
    );
    const value = await this.#clock.runUntil(
      this.#subscription(uuid)
        .next(silence.signal)
        .catch((error: unknown) => {
          if (error === "silence") return null;
          throw error;
        }),
    );
    silence.abort("over");
    await over;
    return value;
  }

  /** Every value until none comes within `silenceMs`, each confirmed. */
  async all(uuid: string, silenceMs = 2_000): Promise<readonly Uint8Array[]> {
    const values: Uint8Array[] = [];
    for (let value = await this.next(uuid, silenceMs); value !== null; value = await this.next(uuid, silenceMs)) {
      values.push(value);
    }
    return values;
  }

  /** Writes a request and waits for its answer; null if none comes. */
  async ask(request: RacpRequest): Promise<RacpResponse | null> {
    return await this.askBytes(encodeRacpRequest(request));
  }

  async askBytes(bytes: Uint8Array): Promise<RacpResponse | null> {
    await this.write("2A52", bytes);
    const value = await this.next("2A52");
    const answer = value === null ? null : decodeRacpResponse(value);
    if (answer?.ok === false) throw new Error(answer.error.reason);
    return answer?.value ?? null;
  }

  #subscription(uuid: string): GattSubscription {
    const subscription = this.#subscriptions.get(uuid);
    if (subscription === undefined) throw new Error(`${uuid} is not subscribed to`);
    return subscription;
  }
}
