import { fail, ok } from "../../device-drivers/kit/result.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import { attErrors, type AttResult, type PeripheralSession } from "./virtual-peripheral.ts";

/** A characteristic as a device declares it, and what it does when it is read or written. */
export interface GattAttribute extends Omit<GattCharacteristic, "handle"> {
  readonly read?: () => Uint8Array;
  readonly write?: (value: Uint8Array) => AttResult;
}

/** A device's attribute table. Handles go up in the order of declaration, as in a device's firmware. */
export class GattTable {
  readonly #attributes = new Map<number, GattAttribute & GattCharacteristic>();
  #nextHandle = 0x0010;

  add(attribute: GattAttribute): GattCharacteristic {
    const declared = { ...attribute, handle: this.#nextHandle };
    this.#attributes.set(declared.handle, declared);
    // One handle each for the declaration, the value and the CCCD.
    this.#nextHandle += 3;
    return declared;
  }

  get characteristics(): readonly GattCharacteristic[] {
    return Array.from(this.#attributes.values(), ({ service, uuid, handle, properties }) => ({
      service,
      uuid,
      handle,
      properties,
    }));
  }

  /** Answers reads and writes from the table; `special` comes first where it answers. */
  session(special: SpecialAnswers): PeripheralSession {
    return {
      read: (handle) => {
        const read = this.#attributes.get(handle)?.read;
        return read === undefined ? fail(attErrors.readNotPermitted) : ok(read());
      },
      write: (handle, value) => {
        const answer = special.write?.(handle, value) ?? this.#attributes.get(handle)?.write?.(value);
        return answer ?? fail(attErrors.writeNotPermitted);
      },
      configure: (handle, enabled) => special.configure(handle, enabled),
    };
  }
}

export interface SpecialAnswers {
  /** Null where the table is to answer. */
  readonly write?: (handle: number, value: Uint8Array) => AttResult | null;
  readonly configure: (handle: number, enabled: boolean) => AttResult;
}
