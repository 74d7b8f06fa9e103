import type { Advertisement } from "../../device-drivers/ports/gatt.ts";
import { type Answer, bluezErrors, done, refuse } from "./bluez-answer.ts";
import { deviceShape } from "./bluez-shapes.ts";
import type { DeviceHome } from "./device-home.ts";
import { DeviceLink } from "./device-link.ts";
import { DevicePairing } from "./device-pairing.ts";
import { GattObjects } from "./gatt-objects.ts";
import { type KnownDevice, stranger } from "./known-devices.ts";
import type { ServedInterface } from "./object-tree.ts";
import { type BusCall, variant } from "./service-bus.ts";
import { longUuid } from "./uuid.ts";

/** A device that nobody has connected to or paired is forgotten when it was not heard for so long (main.conf). */
const temporaryTimeoutMs = 30_000;
/** Smaller changes of the signal strength are not told while no client has set a filter. */
const rssiThresholdDb = 8;

/** org.bluez.Device1 (src/device.c). */
export class Device implements ServedInterface {
  readonly shape = deviceShape;
  readonly path: string;
  readonly known: KnownDevice;
  /** The address by which it was first heard: its own, or a private one, which the object's path keeps for good. */
  readonly #heardAs: string;
  readonly link: DeviceLink;
  readonly pairing: DevicePairing;
  readonly gatt: GattObjects;
  readonly #home: DeviceHome;
  #rssi: number | null = null;
  #manufacturerData: Advertisement["manufacturerData"];
  #isTemporary: boolean;
  #forgetting: AbortController | null = null;

  constructor(home: DeviceHome, known: KnownDevice, isTemporary: boolean) {
    this.#home = home;
    this.known = known;
    this.#heardAs = known.addressKind === "random-private" && !known.isBonded ? hiding(known.address) : known.address;
    this.path = `${home.path}/dev_${this.#heardAs.replaceAll(":", "_")}`;
    this.#isTemporary = isTemporary;
    this.gatt = new GattObjects(home, this);
    this.link = new DeviceLink(home, this);
    this.pairing = new DevicePairing(home, this);
  }

  static heard(home: DeviceHome, heard: Advertisement): Device {
    return new Device(home, { ...stranger(heard), uuids: heard.services.map(longUuid) }, true);
  }

  get isTemporary(): boolean {
    return this.#isTemporary;
  }

  value(property: string): unknown {
    const { known, link } = this;
    switch (property) {
      case "Address":
        return known.isBonded ? known.address : this.#heardAs;
      case "AddressType":
        return isPublic(known) ? "public" : "random";
      case "Name":
        return known.name ?? undefined;
      case "Alias":
        return known.alias ?? known.name ?? String(this.value("Address")).replaceAll(":", "-");
      case "Paired":
      case "Bonded":
        return known.isBonded;
      case "Trusted":
        return known.isTrusted;
      case "Blocked":
        return known.isBlocked;
      case "LegacyPairing":
        return false;
      case "RSSI":
        return this.#rssi ?? undefined;
      case "Connected":
        return link.isConnected;
      case "ServicesResolved":
        return link.isResolved;
      case "UUIDs":
        return known.uuids;
      case "Adapter":
        return this.#home.path;
      case "ManufacturerData":
        return this.#manufacturerData === undefined ? undefined : manufacturerVariants(this.#manufacturerData);
      default:
        return undefined;
    }
  }

  set(property: string, value: unknown): Answer {
    if (property === "Alias") this.known.alias = value === "" ? null : String(value);
    if (property === "Trusted") this.known.isTrusted = value === true;
    if (property === "Blocked") {
      this.known.isBlocked = value === true;
      if (value === true) this.link.drop("the device was blocked");
    }
    if (property !== "Alias") this.setTemporary(false);
    this.changed(property);
    return done;
  }

  call(member: string, { sender }: BusCall): Answer | Promise<Answer> {
    switch (member) {
      case "Connect":
        return this.link.connect();
      case "Disconnect":
        return this.link.disconnect();
      case "Pair":
        return this.pairing.pair(sender);
      case "CancelPairing":
        return this.pairing.cancelled();
      default:
        return refuse(bluezErrors.notSupported);
    }
  }

  changed(property: string): void {
    this.#home.tree.changed(this.path, this, property);
  }

  /** It was heard in a discovery. */
  heard({ rssiDbm, name, services, manufacturerData }: Advertisement, isFiltered: boolean): void {
    if (this.#isTemporary) this.#forgetLater();
    const before = this.#rssi;
    if (before === null || isFiltered || Math.abs(before - rssiDbm) >= rssiThresholdDb) {
      this.#rssi = rssiDbm;
      this.changed("RSSI");
    }
    if (name !== null && name !== this.known.name) {
      this.known.name = name;
      this.changed("Name");
      this.changed("Alias");
    }
    const added = services.map(longUuid).filter((uuid) => !this.known.uuids.includes(uuid));
    if (added.length > 0) {
      this.known.uuids = [...this.known.uuids, ...added];
      this.changed("UUIDs");
    }
    if (manufacturerData === undefined) return;
    this.#manufacturerData = manufacturerData;
    this.changed("ManufacturerData");
  }

  /** No discovery runs any more: how strong a signal is is not known then. */
  unheard(): void {
    if (this.#rssi === null) return;
    this.#rssi = null;
    this.changed("RSSI");
  }

  /** What becomes temporary is forgotten after a while, whether or not there is a link. */
  setTemporary(isTemporary: boolean): void {
    if (this.#isTemporary === isTemporary) return;
    this.#isTemporary = isTemporary;
    if (isTemporary) {
      this.#home.known.forget(this.known);
      this.#forgetLater();
      return;
    }
    this.keep();
    this.#home.known.keep(this.known);
  }

  /** It is not forgotten now: a link has been made. */
  keep(): void {
    this.#forgetting?.abort();
    this.#forgetting = null;
  }

  /** An attempt to connect or pair has come to nothing. A device without a bond and without trust is a stranger again. */
  attemptFailed(): void {
    if (!this.known.isBonded && !this.known.isTrusted) this.setTemporary(true);
  }

  #forgetLater(): void {
    this.keep();
    const forgetting = new AbortController();
    this.#forgetting = forgetting;
    this.#home.clock.sleep(temporaryTimeoutMs, forgetting.signal).then(
      () => this.#home.remove(this),
      () => undefined,
    );
  }
}

/** Stands for the private addresses of a device that hides: the two highest bits say that one may be resolved. */
const hiding = (address: string): string => `${hidden[address.slice(0, 1)] ?? "4"}${address.slice(1)}`;

const hidden: Readonly<Record<string, string>> = { C: "4", D: "5", E: "6", F: "7" };

/** Of a device that hides, what is told is the kind of its identity, once that is known. */
function isPublic({ address, addressKind, isBonded }: KnownDevice): boolean {
  const hasPublicIdentity = addressKind === "random-private" && isBonded && Number.parseInt(address, 16) < 0xc0;
  return addressKind === "public" || hasPublicIdentity;
}

const manufacturerVariants = (data: NonNullable<Advertisement["manufacturerData"]>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(data).map(([company, octets]) => [company, variant("ay", Buffer.from(octets))]));
