import { attErrorOf } from "../../kit/guarded-link.ts";
import type { DeviceInformation, DriverSession } from "../../kit/driver.ts";
import { decodeText } from "../../kit/text.ts";
import { gattErrors } from "../../ports/gatt-error.ts";
import { decodeBatteryLevel } from "../battery/codec.ts";
import { decodeSystemId, systemIdText } from "./codec.ts";

/**
 * Reads Device Information (180A) and Battery Level (180F). Each characteristic stands for itself: one that is missing,
 * refused or broken is null, and the others are read all the same. Rejects only when the link itself fails.
 */
export async function readDeviceInformation(session: InformationSession): Promise<DeviceInformation> {
  return {
    manufacturer: await readText(session, "2A29"),
    model: await readText(session, "2A24"),
    serial: await readText(session, "2A25"),
    firmware: await readText(session, "2A26"),
    hardware: await readText(session, "2A27"),
    software: await readText(session, "2A28"),
    systemId: await readSystemId(session),
    batteryPercent: await readBatteryPercent(session),
  };
}

/** Any battery of several is read: the first. */
async function readBatteryPercent(session: InformationSession): Promise<number | null> {
  const bytes = await readIfAllowed(session, { service: "180F", uuid: "2A19" });
  const percent = bytes === null ? null : decodeBatteryLevel(bytes);
  return percent?.ok === true ? percent.value : null;
}

export type InformationSession = Pick<DriverSession, "link" | "characteristics" | "signal">;

const service = "180A";
/** As long as the delivery contract lets a text be; one that is longer is no name and no number of a device. */
const textCharactersMax = 128;

async function readText(session: InformationSession, uuid: string): Promise<string | null> {
  const bytes = await readIfAllowed(session, { service, uuid });
  return bytes === null ? null : informationText(uuid, bytes);
}

/** What a text of Device Information says of the device; null for a filler, a placeholder or garbage, which say nothing. */
export function informationText(uuid: string, bytes: Uint8Array): string | null {
  const decoded = decodeText(bytes);
  if (!decoded.ok) return null;
  const text = decoded.value.trim();
  const isGarbage = text.length > textCharactersMax || /\p{Cc}/u.test(text);
  if (text === "" || isGarbage || placeholders.has(text.toLowerCase())) return null;
  return uuid === "2A25" ? genuineSerial(text) : text;
}

/** What development kits put there and makers forget to replace. */
const placeholders: ReadonlySet<string> = new Set([
  "manufacturer name",
  "model number",
  "serial number",
  "firmware revision",
  "hardware revision",
  "software revision",
  "n/a",
  "none",
  "null",
  "unknown",
]);

/** A serial number of one repeated 0, F or X tells no two devices apart. */
const genuineSerial = (serial: string): string | null => (/^(?:0+|F+|X+)$/i.test(serial) ? null : serial);

async function readSystemId(session: InformationSession): Promise<string | null> {
  const bytes = await readIfAllowed(session, { service, uuid: "2A23" });
  const systemId = bytes === null ? null : decodeSystemId(bytes);
  return systemId?.ok === true ? systemIdText(systemId.value) : null;
}

async function readIfAllowed(
  { link, characteristics, signal }: InformationSession,
  wanted: { readonly service: string; readonly uuid: string },
): Promise<Uint8Array | null> {
  const found = characteristics.find(({ service: of, uuid }) => of === wanted.service && uuid === wanted.uuid);
  if (found?.properties.includes("read") !== true) return null;
  try {
    return await link.read(found, signal);
  } catch (error) {
    // Whether a lost bond matters is for the driver to find out: some devices guard no more than their serial number.
    if (attErrorOf(error) === null && !gattErrors.is(error, "bond-lost")) throw error;
    return null;
  }
}
