import { gattErrors } from "../../device-drivers/ports/gatt-error.ts";
import type { GattCharacteristic, GattProperty } from "../../device-drivers/ports/gatt.ts";

/** @throws CarepostError `misuse` where the characteristic declares none of these */
export function requireProperty({ uuid, properties }: GattCharacteristic, anyOf: readonly GattProperty[]): void {
  if (anyOf.some((property) => properties.includes(property))) return;
  throw gattErrors.make("misuse", `the characteristic ${uuid} does not declare ${anyOf.join(" or ")}`);
}
