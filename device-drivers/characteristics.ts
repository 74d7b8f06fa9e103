import { decimalText } from "./measurement/decimal.ts";
import { crc16CcittFalse, crc16Mcrf4xx } from "./kit/crc.ts";
import { decodeDateTime } from "./kit/date-time.ts";
import type { DecodeFault } from "./kit/decode-fault.ts";
import { count, fieldsOf, showFrame, specialNames } from "./kit/decoded-fields.ts";
import type { DecodedFields, FieldValue } from "./kit/decoded-fields.ts";
import { lengthFault, valueFault } from "./kit/frame-fault.ts";
import { toHex } from "./kit/hex.ts";
import { ByteReader } from "./kit/byte-reader.ts";
import { showRacp } from "./kit/racp-fields.ts";
import { fail, ok } from "./kit/result.ts";
import type { Result } from "./kit/result.ts";
import { decodeText } from "./kit/text.ts";
import { decodeBatteryLevel, decodeBatteryLevelStatus } from "./profiles/battery/codec.ts";
import { batteryLevelStatusFields } from "./profiles/battery/fields.ts";
import { decodeEnhancedBloodPressure, decodeEnhancedCuffPressure } from "./profiles/blood-pressure/enhanced-codec.ts";
import { decodeBloodPressureFeature } from "./profiles/blood-pressure/feature-codec.ts";
import * as bloodPressure from "./profiles/blood-pressure/fields.ts";
import {
  decodeBloodPressureMeasurement,
  decodeIntermediateCuffPressure,
} from "./profiles/blood-pressure/measurement-codec.ts";
import { decodeRecordSegment } from "./profiles/blood-pressure/record-codec.ts";
import { decodeCurrentTime, decodeDayDateTime, decodeTimeWithDst } from "./profiles/current-time/codec.ts";
import * as time from "./profiles/current-time/fields.ts";
import * as zone from "./profiles/current-time/zone-codec.ts";
import { decodePnpId, decodeSystemId, decodeUniqueDeviceIdentifier } from "./profiles/device-information/codec.ts";
import * as device from "./profiles/device-information/fields.ts";
import { decodeGlucoseContext } from "./profiles/glucose/context-codec.ts";
import { decodeGlucoseFeature } from "./profiles/glucose/feature-codec.ts";
import { glucoseContextFields, glucoseMeasurementFields } from "./profiles/glucose/fields.ts";
import { decodeGlucoseMeasurement } from "./profiles/glucose/measurement-codec.ts";

/**
 * Decodes one value of any characteristic that Carepost knows, for people and other programs to read. `characteristic`
 * is a UUID in any of its forms and either case, or the name of one of the pseudo characteristics (a bare number format,
 * a CRC, a vendor's layout). `direction` matters to control points only: see `showRacp`.
 * Faults: those of the codec; `value` in the field "characteristic" for one that is not known.
 */
export function decodeCharacteristic(
  characteristic: string,
  bytes: Uint8Array,
  direction?: "rx" | "tx",
): Result<DecodedFields, DecodeFault> {
  const entry = table.get(shortUuid(characteristic));
  if (entry === undefined) {
    return fail(valueFault("characteristic", `Carepost has no decoder for the characteristic ${characteristic}.`));
  }
  return entry.decode(bytes, direction);
}

/** One line of JSON. Numbers are printed digit by digit as the device meant them: 6.0 stays 6.0. */
export function fieldsToJson(fields: DecodedFields): string {
  const members = Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}:${valueToJson(value)}`);
  return `{${members.join(",")}}`;
}

function valueToJson(value: FieldValue): string {
  if (typeof value !== "object" || value === null || isList(value)) return JSON.stringify(value);
  if ("mantissa" in value) return decimalText(value);
  const number = value.value === null ? "null" : decimalText(value.value);
  const special = value.special === undefined ? "" : `,"special":${JSON.stringify(value.special)}`;
  return `{"value":${number}${special},"unit":${JSON.stringify(value.unit)}}`;
}

const isList = (value: FieldValue): value is readonly (string | number)[] => Array.isArray(value);

/** "2a18", "0x2A18" and "00002A18-0000-1000-8000-00805F9B34FB" are all "2A18". */
function shortUuid(characteristic: string): string {
  const upper = characteristic.trim().toUpperCase();
  const sig = /^0000([0-9A-F]{4})-0000-1000-8000-00805F9B34FB$/.exec(upper) ?? /^0X([0-9A-F]{4})$/.exec(upper);
  return sig?.[1] ?? upper;
}

interface Entry {
  readonly name: string;
  readonly decode: (bytes: Uint8Array, direction?: "rx" | "tx") => Result<DecodedFields, DecodeFault>;
}

const entry = <Frame>(
  name: string,
  decode: (bytes: Uint8Array) => Result<Frame, DecodeFault>,
  show: (frame: Frame, bytes: Uint8Array) => Readonly<Record<string, FieldValue | undefined>>,
): Entry => ({ name, decode: (bytes) => showFrame(decode(bytes), (frame) => show(frame, bytes)) });

const featureEntry = (name: string, decode: (bytes: Uint8Array) => Result<readonly string[], DecodeFault>): Entry =>
  entry(name, decode, (features) => ({ features }));

const textEntry = (name: string): Entry => entry(name, decodeText, (text) => ({ text }));

const crcEntry = (name: string, crc: (bytes: Uint8Array) => number): Entry => ({
  name,
  decode: (bytes) => ok({ crc: crc(bytes) }),
});

/** A bare number, as it stands in many characteristics. */
const floatEntry = (name: string, octets: 2 | 4): Entry => ({
  name,
  decode: (bytes) => {
    const fault = lengthFault(name, bytes, octets);
    if (fault !== null) return fail(fault);
    const reader = new ByteReader(bytes);
    const number = octets === 2 ? reader.sfloat() : reader.float();
    return ok(
      fieldsOf(typeof number === "string" ? { value: null, special: specialNames[number] } : { value: number }),
    );
  },
});

/** Flag bits that are reserved, where a device sets them all the same. */
const reservedFlags = (bytes: Uint8Array, mask: number): Readonly<Record<string, FieldValue | undefined>> => {
  const bits = (bytes[0] ?? 0) & mask;
  return { rfuFlagBits: bits === 0 ? undefined : bits };
};

const table: ReadonlyMap<string, Entry> = new Map([
  ["2A08", entry("Date Time", decodeDateTime, time.dateTimeFields)],
  ["2A0A", entry("Day Date Time", decodeDayDateTime, time.dayDateTimeFields)],
  ["2A0D", entry("DST Offset", zone.decodeDstOffset, time.dstOffsetFields)],
  ["2A0E", entry("Time Zone", zone.decodeTimeZone, time.timeZoneFields)],
  ["2A0F", entry("Local Time Information", zone.decodeLocalTimeInformation, time.localTimeInformationFields)],
  ["2A11", entry("Time with DST", decodeTimeWithDst, time.timeWithDstFields)],
  [
    "2A14",
    entry("Reference Time Information", zone.decodeReferenceTimeInformation, time.referenceTimeInformationFields),
  ],
  [
    "2A18",
    entry("Glucose Measurement", decodeGlucoseMeasurement, (frame, bytes) => ({
      ...glucoseMeasurementFields(frame),
      ...reservedFlags(bytes, 0b1110_0000),
    })),
  ],
  ["2A19", entry("Battery Level", decodeBatteryLevel, (percent) => ({ level: count(percent, "%") }))],
  ["2A23", entry("System ID", decodeSystemId, device.systemIdFields)],
  ["2A24", textEntry("Model Number String")],
  ["2A25", textEntry("Serial Number String")],
  ["2A26", textEntry("Firmware Revision String")],
  ["2A27", textEntry("Hardware Revision String")],
  ["2A28", textEntry("Software Revision String")],
  ["2A29", textEntry("Manufacturer Name String")],
  ["2A2A", entry("IEEE 11073-20601 Regulatory Certification Data List", ok, (_, bytes) => ({ raw: toHex(bytes) }))],
  ["2A2B", entry("Current Time", decodeCurrentTime, time.currentTimeFields)],
  ["2A34", entry("Glucose Measurement Context", decodeGlucoseContext, glucoseContextFields)],
  ["2A35", bloodPressureEntry("Blood Pressure Measurement", "standard")],
  ["2A36", entry("Intermediate Cuff Pressure", decodeIntermediateCuffPressure, bloodPressure.cuffPressureFields)],
  ["2A49", featureEntry("Blood Pressure Feature", decodeBloodPressureFeature)],
  ["2A50", entry("PnP ID", decodePnpId, device.pnpIdFields)],
  ["2A51", featureEntry("Glucose Feature", decodeGlucoseFeature)],
  ["2A52", { name: "Record Access Control Point", decode: showRacp }],
  [
    "2B34",
    entry(
      "Enhanced Blood Pressure Measurement",
      decodeEnhancedBloodPressure,
      bloodPressure.enhancedBloodPressureFields,
    ),
  ],
  [
    "2B35",
    entry("Enhanced Intermediate Cuff Pressure", decodeEnhancedCuffPressure, bloodPressure.enhancedCuffPressureFields),
  ],
  ["2B36", entry("Blood Pressure Record", decodeRecordSegment, bloodPressure.recordSegmentFields)],
  ["2BED", entry("Battery Level Status", decodeBatteryLevelStatus, batteryLevelStatusFields)],
  ["2BFF", entry("UDI for Medical Devices", decodeUniqueDeviceIdentifier, device.uniqueDeviceIdentifierFields)],
  ["SFLOAT", floatEntry("IEEE 11073 SFLOAT", 2)],
  ["FLOAT", floatEntry("IEEE 11073 FLOAT", 4)],
  ["CRC16-MCRF4XX", crcEntry("CRC of a whole frame, MCRF4XX", crc16Mcrf4xx)],
  ["CRC16-CCITT-FALSE", crcEntry("CRC of a whole frame, CCITT-FALSE", crc16CcittFalse)],
  ["BEURER-BM85-2A35", bloodPressureEntry("Blood Pressure Measurement of the Beurer BM85", "beurer-bm85")],
]);

function bloodPressureEntry(name: string, layout: "standard" | "beurer-bm85"): Entry {
  return entry(
    name,
    (bytes) => decodeBloodPressureMeasurement(bytes, layout),
    (frame, bytes) => ({ ...bloodPressure.bloodPressureFields(frame), ...reservedFlags(bytes, 0b1110_0000) }),
  );
}

/** Every characteristic that `decodeCharacteristic` takes, with its name in the specification. */
export const knownCharacteristics: readonly { readonly uuid: string; readonly name: string }[] = Array.from(
  table,
  ([uuid, { name }]) => ({ uuid, name }),
);
