import type { DeviceDriver, DeviceInformation, DeviceQuirks, DriverMatch } from "./kit/driver.ts";
import type { Advertisement } from "./ports/gatt.ts";
import { bloodPressureDriver } from "./profiles/blood-pressure/driver.ts";
import { glucoseDriver } from "./profiles/glucose/driver.ts";
import { aAndD } from "./vendors/a-and-d.ts";
import { agamatrix } from "./vendors/agamatrix.ts";
import { ascensia } from "./vendors/ascensia.ts";
import { beurer } from "./vendors/beurer.ts";
import { defaultQuirks } from "./vendors/defaults.ts";
import { iSens } from "./vendors/i-sens.ts";
import { omron } from "./vendors/omron.ts";
import { roche } from "./vendors/roche.ts";
import { taidoc } from "./vendors/taidoc.ts";
import { trividia } from "./vendors/trividia.ts";
import type { VendorEntry } from "./vendors/vendor-entry.ts";

/** Every driver. The first that fits is taken. */
export const catalogue: readonly DeviceDriver[] = [glucoseDriver, bloodPressureDriver];

/** Every entry on makers and models. All that match apply, a later one over an earlier one. */
export const vendorEntries: readonly VendorEntry[] = [
  ...aAndD,
  ...agamatrix,
  ...ascensia,
  ...beurer,
  ...iSens,
  ...omron,
  ...roche,
  ...taidoc,
  ...trividia,
];

/** Before connecting: the driver for what is advertised, or null. Many devices advertise only part of their services. */
export const matchAdvertisement = ({ services }: Pick<Advertisement, "services">): DeviceDriver | null =>
  driverFor(services);

/** Once connected: the driver for the services that were discovered, and what is known of the model; null if none fits. */
export function matchDevice(services: readonly string[], information: DeviceInformation): DriverMatch | null {
  const driver = driverFor(services);
  return driver === null ? null : { driver, quirks: quirksOf(information) };
}

const driverFor = (services: readonly string[]): DeviceDriver | null =>
  catalogue.find((driver) => driver.services.some((service) => services.includes(service))) ?? null;

function quirksOf({ manufacturer, model }: DeviceInformation): DeviceQuirks {
  const quirks = { ...defaultQuirks };
  for (const entry of vendorEntries) {
    const applies = fits(entry.match.manufacturer, manufacturer) && fits(entry.match.model, model);
    if (applies) Object.assign(quirks, entry.quirks);
  }
  return quirks;
}

const fits = (pattern: RegExp | undefined, text: string | null): boolean =>
  pattern === undefined || (text !== null && pattern.test(text));
