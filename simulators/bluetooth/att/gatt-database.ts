import { encodeText } from "../../../device-drivers/kit/text.ts";
import type { GattCharacteristic, GattProperty } from "../../../device-drivers/ports/gatt.ts";
import type { VirtualPeripheral } from "../../peripherals/virtual-peripheral.ts";
import { joined, uint16Octets } from "../octets.ts";
import { aesCmac } from "../smp/toolbox.ts";
import { uuidOctets } from "./uuid.ts";

/** An attribute of the database (Core Vol 3 Part F 3.2). */
export interface Attribute {
  readonly handle: number;
  /** As `ports/gatt.ts` writes UUIDs. */
  readonly type: string;
  /** Of a service's declaration: the last handle of its group. */
  readonly groupEnd: number | null;
  /** Does it take the security that the device demands? Declarations are open to everybody. */
  readonly isProtected: boolean;
  readonly content: AttributeContent;
}

export type AttributeContent =
  | { readonly kind: "fixed"; readonly value: Uint8Array }
  /** Sent by the server itself, and neither read nor written: Service Changed. */
  | { readonly kind: "sent" }
  | {
      readonly kind: "value";
      readonly properties: readonly GattProperty[];
      /** Its handle in the air, by which the device knows it. */
      readonly airHandle: number;
    }
  | {
      readonly kind: "configuration";
      readonly properties: readonly GattProperty[];
      /** Null for Service Changed, which is the server's own. */
      readonly airHandle: number | null;
    };

/** What of a device makes its table. */
export type DeclaredDevice = Pick<VirtualPeripheral, "name" | "services" | "characteristics" | "requiresBond">;

/** A device's attributes in the order of their handles. */
export interface GattDatabase {
  readonly attributes: readonly Attribute[];
  readonly get: (handle: number) => Attribute | null;
  /** By the handle in the air. */
  readonly valueHandle: (airHandle: number) => number | null;
  /** Handle of the CCCD that belongs to this value. */
  readonly configurationHandle: (valueHandle: number) => number | null;
  readonly serviceChangedHandle: number;
  /** Database Hash (Core Vol 3 Part G 7.3): 16 octets. */
  readonly hash: Uint8Array;
}

/** Attribute types of GATT (Core Vol 3 Part G 3). */
export const gattTypes = {
  primaryService: "2800",
  secondaryService: "2801",
  characteristic: "2803",
  configuration: "2902",
} as const;

/**
 * Lays a device's characteristics out as its firmware would (Core Vol 3 Part G 3): declaration, value, and a CCCD where
 * it sends values, in the group of their service. The value's handle is the one that was declared, where there is
 * room: where not, it and what follows move up. Generic Access (1800) and Generic Attribute (1801) come first.
 */
export function gattDatabase(device: DeclaredDevice): GattDatabase {
  const layout = new Layout(device.requiresBond);
  layout.service("1800");
  layout.fixed("2A00", encodeText(device.name ?? ""));
  layout.fixed("2A01", uint16Octets(appearanceOf(device.services)));
  layout.service("1801");
  const serviceChangedHandle = layout.serviceChanged();
  const hash = new Uint8Array(16);
  layout.fixed("2B2A", hash);
  for (const [service, characteristics] of byService(device.characteristics)) {
    layout.service(service, Math.min(...characteristics.map(({ handle }) => handle)) - 2);
    for (const characteristic of characteristics) layout.characteristic(characteristic);
  }
  const attributes = layout.finished();
  hash.set(databaseHash(attributes));
  const byHandle = new Map(attributes.map((attribute) => [attribute.handle, attribute]));
  const byAirHandle = new Map<number, number>();
  for (const { content, handle } of attributes) {
    if (content.kind === "value") byAirHandle.set(content.airHandle, handle);
  }
  return {
    attributes,
    get: (handle) => byHandle.get(handle) ?? null,
    valueHandle: (airHandle) => byAirHandle.get(airHandle) ?? null,
    configurationHandle: (valueHandle) =>
      byHandle.get(valueHandle + 1)?.content.kind === "configuration" ? valueHandle + 1 : null,
    serviceChangedHandle,
    hash,
  };
}

/** Which attributes enter the Database Hash with their value, and which with their type alone (7.3.1). */
const hashedWhole: ReadonlySet<string> = new Set(["2800", "2801", "2802", "2803", "2900"]);
const hashedByType: ReadonlySet<string> = new Set(["2901", "2902", "2903", "2904", "2905"]);

/** What is hashed must be fixed: a descriptor's value that may change is not. */
export function databaseHash(attributes: readonly Pick<Attribute, "handle" | "type" | "content">[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { handle, type, content } of attributes) {
    if (!hashedWhole.has(type) && !hashedByType.has(type)) continue;
    parts.push(uint16Octets(handle), uuidOctets(type));
    if (hashedWhole.has(type) && content.kind === "fixed") parts.push(content.value);
  }
  return aesCmac(new Uint8Array(16), joined(...parts));
}

/** Bits of a characteristic's declaration (3.3.1.1). */
const propertyBits: Readonly<Record<GattProperty, number>> = {
  read: 0x02,
  "write-without-response": 0x04,
  write: 0x08,
  notify: 0x10,
  indicate: 0x20,
};

class Layout {
  readonly #isProtected: boolean;
  readonly #attributes: Attribute[] = [];
  /** Where each group begins and with which declaration. */
  readonly #groups: number[] = [];
  #nextHandle = 1;

  constructor(isProtected: boolean) {
    this.#isProtected = isProtected;
  }

  service(uuid: string, wantedHandle = 0): void {
    this.#nextHandle = Math.max(this.#nextHandle, wantedHandle);
    this.#groups.push(this.#attributes.length);
    this.#open(gattTypes.primaryService, uuidOctets(uuid));
  }

  /** A characteristic that the server itself answers, readable by everybody. */
  fixed(uuid: string, value: Uint8Array): void {
    this.#declare(uuid, ["read"]);
    this.#open(uuid, value);
  }

  serviceChanged(): number {
    this.#declare("2A05", ["indicate"]);
    const handle = this.#add({ type: "2A05", isProtected: false, content: { kind: "sent" } });
    const content = { kind: "configuration", properties: ["indicate"], airHandle: null } as const;
    this.#add({ type: gattTypes.configuration, isProtected: false, content });
    return handle;
  }

  characteristic({ uuid, handle: airHandle, properties }: GattCharacteristic): void {
    this.#nextHandle = Math.max(this.#nextHandle, airHandle - 1);
    this.#declare(uuid, properties);
    this.#add({ type: uuid, isProtected: this.#isProtected, content: { kind: "value", properties, airHandle } });
    if (!properties.includes("notify") && !properties.includes("indicate")) return;
    const content = { kind: "configuration", properties, airHandle } as const;
    this.#add({ type: gattTypes.configuration, isProtected: this.#isProtected, content });
  }

  finished(): readonly Attribute[] {
    return this.#attributes.map((attribute, position) => {
      const group = this.#groups.indexOf(position);
      if (group < 0) return attribute;
      const next = this.#groups[group + 1] ?? this.#attributes.length;
      return { ...attribute, groupEnd: this.#attributes[next - 1]?.handle ?? attribute.handle };
    });
  }

  #declare(uuid: string, properties: readonly GattProperty[]): void {
    let bits = 0;
    for (const property of properties) bits |= propertyBits[property];
    this.#open(gattTypes.characteristic, joined([bits], uint16Octets(this.#nextHandle + 1), uuidOctets(uuid)));
  }

  #open(type: string, value: Uint8Array): void {
    this.#add({ type, isProtected: false, content: { kind: "fixed", value } });
  }

  #add(attribute: Pick<Attribute, "type" | "isProtected" | "content">): number {
    const handle = this.#nextHandle;
    this.#attributes.push({ ...attribute, handle, groupEnd: null });
    this.#nextHandle += 1;
    return handle;
  }
}

/** A service's characteristics stand together, wherever the device lists them. */
function byService(characteristics: readonly GattCharacteristic[]): ReadonlyMap<string, readonly GattCharacteristic[]> {
  return Map.groupBy(characteristics, ({ service }) => service);
}

/** Appearance (Assigned Numbers 2.6) of what a device measures. */
const appearances: Readonly<Record<string, number>> = {
  "1808": 0x0400,
  "1809": 0x0300,
  "180D": 0x0340,
  "1810": 0x0380,
  "181D": 0x0c80,
  "1822": 0x0c40,
  "181F": 0x0d00,
};

const appearanceOf = (services: readonly string[]): number =>
  services.map((service) => appearances[service]).find((appearance) => appearance !== undefined) ?? 0;
