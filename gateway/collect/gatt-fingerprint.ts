import { createHash } from "node:crypto";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";

/** Device Information: what a device is known by. */
const deviceInformation = "180A";

/**
 * What a device's GATT table looks like where it matters: the services that its driver reads, and Device Information,
 * each characteristic with its properties. It stays the same when new firmware moves handles, adds a battery or brings a
 * service of the maker's own; it changes when the table is another device's. New firmware that does change one of these
 * services looks the same as an impostor does: only a person can tell them apart, by pairing the device again.
 */
export function gattFingerprint(
  characteristics: readonly GattCharacteristic[],
  driverServices: readonly string[],
): string {
  const watched = characteristics
    .filter(({ service }) => service === deviceInformation || driverServices.includes(service))
    .map(({ service, uuid, properties }) => `${service}/${uuid}/${properties.toSorted().join("+")}`)
    .toSorted();
  return createHash("sha256").update(watched.join("\n")).digest("hex");
}
