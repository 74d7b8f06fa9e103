import type { GattCharacteristic } from "../ports/gatt.ts";
import { driverErrors } from "./driver-error.ts";
import type { DriverSession } from "./driver.ts";

/** A characteristic by its service, because several services may have one of the same UUID (2A52, 2A08). */
export interface CharacteristicName {
  readonly service: string;
  readonly uuid: string;
}

type Discovered = Pick<DriverSession, "characteristics">;

/** The first of that name, or null. */
export const findCharacteristic = (
  { characteristics }: Discovered,
  { service, uuid }: CharacteristicName,
): GattCharacteristic | null =>
  characteristics.find((characteristic) => characteristic.service === service && characteristic.uuid === uuid) ?? null;

/** @throws CarepostError `unsupported-device` if there is none */
export function requireCharacteristic(discovered: Discovered, name: CharacteristicName): GattCharacteristic {
  const found = findCharacteristic(discovered, name);
  if (found !== null) return found;
  throw driverErrors.make("unsupported-device", `the device lacks the characteristic ${name.uuid}`, {
    context: { service: name.service, characteristic: name.uuid },
  });
}
