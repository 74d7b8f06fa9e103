import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import type { AirConnection, Arrival } from "../air/air-connection.ts";
import { type Answer, bluezErrors, refuse } from "./bluez-answer.ts";
import { batteryShape, serviceShape } from "./bluez-shapes.ts";
import { Characteristic } from "./characteristic.ts";
import { Descriptor } from "./descriptor.ts";
import type { Device } from "./device.ts";
import type { DeviceHome } from "./device-home.ts";
import type { InterfaceShape, ServedInterface } from "./object-tree.ts";
import { fourDigits, longUuid } from "./uuid.ts";

/** Generic Access and Generic Attribute are bluetoothd's own (profiles/gap, src/device.c). */
const hiddenServices = new Set(["1800", "1801"]);
const batteryService = "180F";
const batteryLevel = "2A19";

/**
 * The attribute table of one device as objects (src/gatt-client.c). They stay when the link ends, with the notify
 * sessions of clients that have not stopped them, and go with the device.
 */
export class GattObjects {
  readonly #home: DeviceHome;
  readonly #device: Device;
  #exported: readonly GattCharacteristic[] = [];
  #characteristics: ReadonlyMap<number, Characteristic> = new Map();
  #battery: PlainObject | null = null;

  constructor(home: DeviceHome, device: Device) {
    this.#home = home;
    this.#device = device;
  }

  /** Publishes what was discovered; nothing, where it is what is published. A table that has changed replaces it. */
  export(found: readonly GattCharacteristic[]): void {
    if (JSON.stringify(found) === JSON.stringify(this.#exported)) return;
    const { tree } = this.#home;
    for (const path of this.#servicePaths()) tree.removeAll(path);
    this.#exported = found;
    const characteristics = new Map<number, Characteristic>();
    for (const [path, members] of this.#services()) {
      const uuid = longUuid(members[0]?.service ?? "");
      const values = { UUID: uuid, Device: this.#device.path, Primary: true, Includes: [] };
      tree.add(path, new PlainObject(serviceShape, values));
      for (const member of members) characteristics.set(member.handle, this.#publish(member, path));
    }
    this.#characteristics = characteristics;
    const uuids = new Set([...this.#device.known.uuids, ...found.map(({ service }) => longUuid(service))]);
    this.#device.known.uuids = [...uuids].toSorted();
    this.#device.changed("UUIDs");
  }

  /** A value has come: it is told to the bus at once, and confirmed by the caller. */
  arrived({ handle, value }: Arrival): void {
    this.#characteristics.get(handle)?.arrived(value);
  }

  /** Whatever was subscribed to over the last link is subscribed to again, before anybody has asked for it. */
  async subscribeAgain(connection: AirConnection): Promise<void> {
    for (const characteristic of this.#characteristics.values()) await characteristic.subscribeAgain(connection);
  }

  left(client: string): void {
    for (const characteristic of this.#characteristics.values()) characteristic.left(client);
  }

  /** bluetoothd reads the Battery Service by itself (profiles/battery/battery.c); it stays readable beside that. */
  async readBattery(): Promise<void> {
    const level = this.#exported.find(({ service, uuid }) => service === batteryService && uuid === batteryLevel);
    if (level === undefined) return;
    const signal = new AbortController().signal;
    const read = await this.#device.link.perform((connection) => connection.read(level.handle, signal));
    const percentage = read.ok ? read.value[0] : undefined;
    if (percentage === undefined || !this.#device.link.isConnected) return;
    this.#battery = new PlainObject(batteryShape, { Percentage: percentage, Source: "GATT Battery Service" });
    this.#home.tree.add(this.#device.path, this.#battery);
  }

  dropBattery(): void {
    if (this.#battery !== null) this.#home.tree.remove(this.#device.path, batteryShape.name);
    this.#battery = null;
  }

  #publish(found: GattCharacteristic, servicePath: string): Characteristic {
    const { tree } = this.#home;
    const characteristic = new Characteristic(this.#home, this.#device, { found, servicePath });
    tree.add(characteristic.path, characteristic);
    if (characteristic.sends) {
      const descriptor = new Descriptor(tree, this.#device.link, characteristic);
      tree.add(descriptor.path, descriptor);
    }
    return characteristic;
  }

  #servicePaths(): readonly string[] {
    return [...this.#services().keys()];
  }

  /** By path, whose number is the handle of the service's declaration: it stands right before its first characteristic's. */
  #services(): ReadonlyMap<string, readonly GattCharacteristic[]> {
    const services = new Map<string, GattCharacteristic[]>();
    let path = "";
    let current = "";
    for (const characteristic of this.#exported) {
      const { service, handle } = characteristic;
      if (hiddenServices.has(service)) continue;
      if (service !== current) path = `${this.#device.path}/service${fourDigits(handle - 2)}`;
      current = service;
      services.set(path, [...(services.get(path) ?? []), characteristic]);
    }
    return services;
  }
}

/** An object that has properties and nothing else. */
class PlainObject implements ServedInterface {
  readonly shape: InterfaceShape;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(shape: InterfaceShape, values: Readonly<Record<string, unknown>>) {
    this.shape = shape;
    this.#values = values;
  }

  value(property: string): unknown {
    return this.#values[property];
  }

  call(): Answer {
    return refuse(bluezErrors.notSupported);
  }
}
