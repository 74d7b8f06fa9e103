import type { GattProperty } from "../../../device-drivers/ports/gatt.ts";
import { uint16At, uint16Octets } from "../octets.ts";
import { attCodes, AttError, valueOctetsMax } from "./att-pdu.ts";
import type { Attribute, GattDatabase } from "./gatt-database.ts";

/** The device behind the database. Each rejects with an `AttError` where it refuses, with `gattErrors` if it is gone. */
export interface DeviceAccess {
  read(airHandle: number): Promise<Uint8Array>;
  write(airHandle: number, value: Uint8Array): Promise<void>;
  /** The client has switched this characteristic's values on or off. */
  configure(airHandle: number, enabled: boolean): Promise<void>;
}

/** The security of the link, as permissions see it (Core Vol 3 Part C 10.3.1). */
export interface LinkSecurity {
  readonly isEncrypted: boolean;
  /** With a key that protects against a man in the middle. */
  readonly isAuthenticated: boolean;
  /** Is there a key with which the link could be encrypted? */
  readonly hasKey: boolean;
  /** The device demands such a key. */
  readonly demandsAuthentication: boolean;
}

export interface AttributeAccessPorts {
  readonly database: GattDatabase;
  readonly device: DeviceAccess;
  readonly security: () => LinkSecurity;
  /** The client's configuration has changed. */
  readonly configured: (configurations: ReadonlyMap<number, number>) => void;
}

/** Bits of a CCCD (Core Vol 3 Part G 3.3.3.3). */
export const configurationBits = { notify: 0x0001, indicate: 0x0002 } as const;

/** Reading and writing one client's view of the database, with its permissions and its CCCDs. */
export class AttributeAccess {
  readonly #ports: AttributeAccessPorts;
  readonly #configurations = new Map<number, number>();

  constructor(ports: AttributeAccessPorts) {
    this.#ports = ports;
  }

  get database(): GattDatabase {
    return this.#ports.database;
  }

  /** CCCDs that are not zero, by handle. */
  get configurations(): ReadonlyMap<number, number> {
    return this.#configurations;
  }

  /** @throws AttError where there is no such attribute */
  attribute(handle: number): Attribute {
    const attribute = this.#ports.database.get(handle);
    if (attribute === null) throw new AttError(handle, attCodes.invalidHandle);
    return attribute;
  }

  async read(attribute: Attribute): Promise<Uint8Array> {
    const { handle, content } = attribute;
    this.#secure(attribute);
    if (content.kind === "fixed") return content.value;
    if (content.kind === "configuration") return uint16Octets(this.configuration(handle));
    if (content.kind === "value" && content.properties.includes("read")) {
      return await this.#at(handle, this.#ports.device.read(content.airHandle));
    }
    throw new AttError(handle, attCodes.readNotPermitted);
  }

  /** @param how with a request, which is answered, or with a command, which is not */
  async write(attribute: Attribute, value: Uint8Array, how: "write" | "write-without-response"): Promise<void> {
    const { handle, content } = attribute;
    this.checkWritable(attribute, how);
    if (value.length > valueOctetsMax) throw new AttError(handle, attCodes.invalidAttributeLength);
    if (content.kind === "value") await this.#at(handle, this.#ports.device.write(content.airHandle, value));
    if (content.kind === "configuration") await this.#configure(handle, content, value);
  }

  checkWritable(attribute: Attribute, how: "write" | "write-without-response"): void {
    const { handle, content } = attribute;
    this.#secure(attribute);
    const isWritable =
      content.kind === "configuration" ? how === "write" : content.kind === "value" && content.properties.includes(how);
    if (!isWritable) throw new AttError(handle, attCodes.writeNotPermitted);
  }

  configuration(handle: number): number {
    return this.#configurations.get(handle) ?? 0;
  }

  /** What the client had configured in an earlier connection counts again. What the device refuses is left out. */
  async restore(configurations: ReadonlyMap<number, number>): Promise<void> {
    for (const [handle, bits] of configurations) {
      const attribute = this.#ports.database.get(handle);
      if (attribute === null || attribute.content.kind !== "configuration" || this.configuration(handle) !== 0)
        continue;
      try {
        await this.#configure(handle, attribute.content, uint16Octets(bits));
      } catch (error) {
        if (!(error instanceof AttError)) throw error;
      }
    }
  }

  async #configure(
    handle: number,
    { properties, airHandle }: { readonly properties: readonly GattProperty[]; readonly airHandle: number | null },
    value: Uint8Array,
  ): Promise<void> {
    if (value.length !== 2) throw new AttError(handle, attCodes.invalidAttributeLength);
    const bits = uint16At(value, 0);
    const before = this.configuration(handle);
    if (!isAllowed(bits, properties)) throw new AttError(handle, attCodes.cccdImproperlyConfigured);
    // The first value may come before the device's answer.
    this.#set(handle, bits);
    try {
      if (airHandle !== null) await this.#at(handle, this.#ports.device.configure(airHandle, bits !== 0));
    } catch (error) {
      this.#set(handle, before);
      throw error;
    }
    this.#ports.configured(this.#configurations);
  }

  #set(handle: number, bits: number): void {
    if (bits === 0) this.#configurations.delete(handle);
    else this.#configurations.set(handle, bits);
  }

  #secure({ handle, isProtected }: Attribute): void {
    const { isEncrypted, isAuthenticated, hasKey, demandsAuthentication } = this.#ports.security();
    if (!isProtected) return;
    if (!isEncrypted) {
      throw new AttError(handle, hasKey ? attCodes.insufficientEncryption : attCodes.insufficientAuthentication);
    }
    if (demandsAuthentication && !isAuthenticated) throw new AttError(handle, attCodes.insufficientAuthentication);
  }

  /** A refusal of the device names the handle of the air; the client knows the attribute's. */
  async #at<T>(handle: number, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof AttError) throw new AttError(handle, error.code);
      throw error;
    }
  }
}

/**
 * Only bits that the characteristic declares; and where it declares both, indications must be among them, because that
 * is how such a device sends.
 */
function isAllowed(bits: number, properties: readonly GattProperty[]): boolean {
  const notifies = properties.includes("notify") ? configurationBits.notify : 0;
  const indicates = properties.includes("indicate") ? configurationBits.indicate : 0;
  if ((bits & ~(notifies | indicates)) !== 0) return false;
  return bits === 0 || notifies === 0 || indicates === 0 || (bits & indicates) !== 0;
}
