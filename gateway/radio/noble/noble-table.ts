import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import type { GattCharacteristic, GattProperty } from "../../../device-drivers/ports/gatt.ts";
import { fieldOf } from "./noble-bindings.ts";
import { portUuid } from "./noble-uuid.ts";

/** How noble calls a characteristic. */
export interface NobleNames {
  readonly service: string;
  readonly name: string;
}

const nobleProperties: Readonly<Record<string, GattProperty>> = {
  read: "read",
  write: "write",
  writeWithoutResponse: "write-without-response",
  notify: "notify",
  indicate: "indicate",
};

/**
 * What a device has, as noble found it. noble knows a characteristic by its service's UUID and its own, so of two that
 * share both it reaches only one, and only that one is listed.
 */
export class NobleTable {
  readonly #rows = new Map<string, GattCharacteristic>();
  readonly #names = new Map<number, NobleNames>();

  get characteristics(): readonly GattCharacteristic[] {
    return [...this.#rows.values()];
  }

  /** @param found what noble says of the characteristics of one service; of those with one UUID, the last counts */
  add(service: string, found: readonly unknown[], handles: ReadonlyMap<string, number>): void {
    for (const each of found) {
      const name = fieldOf(each, "uuid");
      const properties = fieldOf(each, "properties");
      if (typeof name !== "string" || !Array.isArray(properties)) continue;
      // Where the operating system hides the handles, any number that is theirs alone serves.
      const handle = handles.get(name) ?? this.#names.size + 1;
      const known = properties.flatMap((property) => nobleProperties[String(property)] ?? []);
      this.#rows.set(`${service} ${name}`, {
        service: portUuid(service),
        uuid: portUuid(name),
        handle,
        properties: known,
      });
      this.#names.set(handle, { service, name });
    }
  }

  handleOf(service: string, name: string): number | null {
    return this.#rows.get(`${service} ${name}`)?.handle ?? null;
  }

  names({ handle, uuid }: GattCharacteristic): NobleNames {
    const names = this.#names.get(handle);
    if (names !== undefined && portUuid(names.name) === uuid) return names;
    throw gattErrors.make("misuse", `the characteristic ${uuid} is not one of this link's`);
  }
}

/** Value handles by UUID, of the event that only bare HCI has. */
export function readHandles(found: unknown): ReadonlyMap<string, number> {
  const handles = new Map<string, number>();
  for (const each of Array.isArray(found) ? found : []) {
    const uuid = fieldOf(each, "uuid");
    const handle = fieldOf(each, "valueHandle");
    if (typeof uuid === "string" && typeof handle === "number") handles.set(uuid, handle);
  }
  return handles;
}
