import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import { ok } from "../../device-drivers/kit/result.ts";
import { type Answer, bluezErrors, done, failed, refuse } from "./bluez-answer.ts";
import { adapterShape } from "./bluez-shapes.ts";
import { Device } from "./device.ts";
import type { DeviceHome } from "./device-home.ts";
import { Discovery } from "./discovery.ts";
import { filterTypes } from "./discovery-filter.ts";
import type { KnownDevice } from "./known-devices.ts";
import type { ServedInterface } from "./object-tree.ts";
import { type BusCall, inVariant } from "./service-bus.ts";

/** What an adapter has from the daemon, and from whoever holds it in their hands. */
export interface AdapterPlace extends Omit<DeviceHome, "discovery" | "isPowered" | "remove"> {
  /** 12 digits in pairs, of the adapter itself. */
  readonly address: string;
  readonly trouble: AdapterTrouble;
}

/** What is wrong with an adapter. It outlives the daemon. */
export interface AdapterTrouble {
  /** It hears nothing, until what is named here happens. */
  silence: "none" | "until-power-cycle" | "until-daemon-restart" | "until-return";
  /** Setting Powered has no effect, and nothing is heard. */
  isHung: boolean;
}

/** org.bluez.Adapter1 (src/adapter.c). */
export class Adapter implements ServedInterface {
  readonly shape = adapterShape;
  readonly path: string;
  readonly discovery: Discovery;
  readonly #place: AdapterPlace;
  readonly #home: DeviceHome;
  readonly #devices = new Map<string, Device>();
  #isPowered = true;
  #powerState = "on";
  #isDiscoverable = false;
  #alias: string | null = null;
  #timeouts: Record<string, unknown> = { DiscoverableTimeout: 180, PairableTimeout: 0 };
  /** Until a client sets it, it follows the agents: pairable while there is one. */
  #isPairable: boolean | null = null;
  #wasDiscovering = false;

  constructor(place: AdapterPlace) {
    this.#place = place;
    this.path = place.path;
    this.discovery = new Discovery({
      air: place.air,
      clock: place.clock,
      isDeaf: () => place.trouble.isHung || place.trouble.silence !== "none" || !this.#isPowered,
      heard: (heard) => this.#heard(heard),
      changed: () => this.#discoveringChanged(),
    });
    this.#home = {
      ...place,
      discovery: this.discovery,
      isPowered: () => this.#isPowered,
      remove: (device) => this.#remove(device),
    };
    place.tree.add(this.path, this);
    for (const known of place.known.all()) this.#publish(new Device(this.#home, known, false));
  }

  value(property: string): unknown {
    switch (property) {
      case "Address":
        return this.#place.address;
      case "AddressType":
        return "public";
      case "Name":
        return "simulated";
      case "Alias":
        return this.#alias ?? "simulated";
      case "Class":
        return 0;
      case "Powered":
        return this.#isPowered;
      case "PowerState":
        return this.#powerState;
      case "Discoverable":
        return this.#isDiscoverable;
      case "Pairable":
        return this.#isPairable ?? this.#place.agents.of(null) !== null;
      case "Discovering":
        return this.discovery.isOn;
      case "UUIDs":
        return [];
      case "Modalias":
        return "usb:v1D6Bp0246d0542";
      case "Roles":
        return ["central", "peripheral"];
      default:
        return this.#timeouts[property];
    }
  }

  set(property: string, value: unknown): Answer | Promise<Answer> {
    switch (property) {
      case "Powered":
        return this.setPowered(value === true);
      case "Discoverable":
        if (!this.#isPowered) return refuse(failed("Not Powered"));
        this.#isDiscoverable = value === true;
        break;
      case "Pairable":
        this.#isPairable = value === true;
        break;
      case "Alias":
        this.#alias = value === "" ? null : String(value);
        break;
      default:
        this.#timeouts = { ...this.#timeouts, [property]: value };
    }
    this.#changed(property);
    return done;
  }

  call(member: string, call: BusCall): Answer | Promise<Answer> {
    const { sender, body } = call;
    if (member === "GetDiscoveryFilters") return ok([Object.keys(filterTypes)]);
    if (member === "RemoveDevice") return this.#removeDevice(body[0]);
    if (!this.#isPowered) return refuse(bluezErrors.notReady);
    if (member === "StartDiscovery") return this.discovery.start(sender);
    if (member === "StopDiscovery") return this.discovery.stop(sender);
    if (member === "SetDiscoveryFilter") return this.discovery.setFilter(sender, body[0]);
    return this.#connectDevice(body[0]);
  }

  async setPowered(isPowered: boolean): Promise<Answer> {
    if (isPowered === this.#isPowered || this.#place.trouble.isHung) return done;
    this.#setPowerState(isPowered ? "off-enabling" : "on-disabling");
    if (!isPowered) this.#removeStrangers();
    this.#place.tree.flush();
    if (this.#place.trouble.silence === "until-power-cycle" && isPowered) this.#place.trouble.silence = "none";
    this.#isPowered = isPowered;
    this.#setPowerState(isPowered ? "on" : "off");
    this.#changed("Powered");
    if (!isPowered) this.#stop("the adapter was switched off");
    return done;
  }

  /** The adapter is unplugged. */
  unplug(): void {
    this.#stop("the adapter was taken away");
    this.#place.tree.flush();
    for (const device of this.#devices.values()) this.#place.tree.removeAll(device.path);
    this.#isPowered = false;
    this.#changed("Powered");
    this.#place.tree.flush();
    this.#place.tree.removeAll(this.path);
    this.forsake();
  }

  /** The daemon is dead: its links end, and nobody is told. */
  forsake(): void {
    this.discovery.end();
    for (const device of this.#devices.values()) {
      device.keep();
      device.link.drop("bluetoothd has ended");
    }
  }

  know(known: KnownDevice): void {
    if (!this.#devices.has(known.address)) this.#publish(new Device(this.#home, known, false));
  }

  left(client: string): void {
    this.discovery.left(client);
    for (const device of this.#devices.values()) {
      device.gatt.left(client);
      device.pairing.left(client);
    }
  }

  /** Another agent is the default one, or none is. */
  agentsChanged(): void {
    if (this.#isPairable === null) this.#changed("Pairable");
  }

  #heard(heard: Advertisement): void {
    const known = this.#devices.get(heard.address);
    const device = known ?? Device.heard(this.#home, heard);
    if (known === undefined) this.#publish(device);
    device.heard(heard, this.discovery.isFiltered);
  }

  #publish(device: Device): void {
    this.#devices.set(device.known.address, device);
    this.#place.tree.add(device.path, device);
  }

  #remove(device: Device): void {
    if (this.#devices.get(device.known.address) !== device) return;
    this.#devices.delete(device.known.address);
    device.keep();
    device.pairing.cancel();
    device.link.remove();
    this.#place.known.forget(device.known);
    this.#place.tree.removeAll(device.path);
  }

  async #removeDevice(path: unknown): Promise<Answer> {
    const device = [...this.#devices.values()].find((each) => each.path === path);
    if (device === undefined) return refuse(bluezErrors.doesNotExist);
    if (!this.#isPowered) return refuse(bluezErrors.notReady);
    if (!device.link.isConnected) {
      this.#remove(device);
      return done;
    }
    device.setTemporary(true);
    await device.link.end();
    // The reply comes first.
    setImmediate(() => this.#remove(device));
    return done;
  }

  async #connectDevice(properties: unknown): Promise<Answer> {
    const given = Object(properties);
    const address = inVariant(Reflect.get(given, "Address"), "s");
    if (typeof address !== "string") return refuse(bluezErrors.invalidArguments);
    if (this.#devices.has(address)) return refuse(bluezErrors.alreadyExists);
    const addressKind = inVariant(Reflect.get(given, "AddressType"), "s") === "public" ? "public" : "random-static";
    const device = Device.heard(this.#home, { address, addressKind, name: null, services: [], rssiDbm: 0 });
    this.#publish(device);
    const failure = await device.link.dial();
    return failure === null ? ok([device.path]) : refuse(failure);
  }

  #removeStrangers(): void {
    for (const device of this.#devices.values()) {
      if (device.isTemporary) this.#remove(device);
    }
  }

  #stop(reason: string): void {
    this.discovery.end();
    this.#discoveringChanged();
    for (const device of this.#devices.values()) device.link.drop(reason);
  }

  #discoveringChanged(): void {
    if (this.discovery.isOn === this.#wasDiscovering) return;
    this.#wasDiscovering = this.discovery.isOn;
    if (!this.#wasDiscovering) for (const device of this.#devices.values()) device.unheard();
    this.#changed("Discovering");
  }

  #setPowerState(state: string): void {
    this.#powerState = state;
    this.#changed("PowerState");
  }

  #changed(property: string): void {
    this.#place.tree.changed(this.path, this, property);
  }
}
