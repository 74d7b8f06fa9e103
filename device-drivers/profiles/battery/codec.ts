import { ByteReader } from "../../kit/byte-reader.ts";
import { ByteWriter } from "../../kit/byte-writer.ts";
import type { DecodeFault } from "../../kit/decode-fault.ts";
import { lengthFault, tooShort, valueFault } from "../../kit/frame-fault.ts";
import { nameOf } from "../../kit/name-table.ts";
import { fail, ok } from "../../kit/result.ts";
import type { Result } from "../../kit/result.ts";

/** Battery Level (2A19): 0 to 100 percent. Faults: `value` above 100; 255 is how a device says "unknown". */
export function decodeBatteryLevel(bytes: Uint8Array): Result<number, DecodeFault> {
  const fault = lengthFault("Battery Level", bytes, 1) ?? levelFault(bytes[0] ?? 0, 0);
  return fault === null ? ok(bytes[0] ?? 0) : fail(fault);
}

/** Throws `RangeError` outside 0 to 100. */
export function encodeBatteryLevel(percent: number): Uint8Array {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) throw new RangeError(`${percent} is no level.`);
  return Uint8Array.of(percent);
}

/** Battery Level Status (2BED), as it is on the wire; the name functions below tell the enumerated fields. */
export interface BatteryLevelStatus {
  readonly batteryPresent: boolean;
  readonly wiredPower: number;
  readonly wirelessPower: number;
  readonly chargeState: number;
  readonly chargeLevel: number;
  readonly chargingType: number;
  /** Bit 0 the battery, bit 1 the external power source, bit 2 another reason. */
  readonly chargingFaults: number;
  readonly identifier: number | null;
  readonly levelPercent: number | null;
  readonly additional: { readonly serviceRequired: number; readonly batteryFault: boolean } | null;
}

const flag = { identifier: 0b1, level: 0b10, additional: 0b100 } as const;

/** Reserved bits and octets after the last flagged field are ignored. Faults: `too_short`; `value` for a level over 100. */
export function decodeBatteryLevelStatus(bytes: Uint8Array): Result<BatteryLevelStatus, DecodeFault> {
  const flags = bytes[0] ?? 0;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const required = 3 + (has(flag.identifier) ? 2 : 0) + (has(flag.level) ? 1 : 0) + (has(flag.additional) ? 1 : 0);
  if (bytes.length < required) return fail(tooShort("Battery Level Status", bytes, required));
  const reader = new ByteReader(bytes, 1);
  const power = reader.uint16();
  const identifier = has(flag.identifier) ? reader.uint16() : null;
  const levelAt = reader.offset;
  const levelPercent = has(flag.level) ? reader.uint8() : null;
  const fault = levelFault(levelPercent ?? 0, levelAt);
  if (fault !== null) return fail(fault);
  const additional = has(flag.additional) ? reader.uint8() : null;
  return ok({
    batteryPresent: (power & 1) === 1,
    wiredPower: (power >> 1) & 0b11,
    wirelessPower: (power >> 3) & 0b11,
    chargeState: (power >> 5) & 0b11,
    chargeLevel: (power >> 7) & 0b11,
    chargingType: (power >> 9) & 0b111,
    chargingFaults: (power >> 12) & 0b111,
    identifier,
    levelPercent,
    additional:
      additional === null ? null : { serviceRequired: additional & 0b11, batteryFault: (additional & 0b100) !== 0 },
  });
}

/** Throws `RangeError` for a field that does not fit. */
export function encodeBatteryLevelStatus(status: BatteryLevelStatus): Uint8Array {
  const { identifier, levelPercent, additional } = status;
  const power =
    (status.batteryPresent ? 1 : 0) +
    2 * status.wiredPower +
    8 * status.wirelessPower +
    32 * status.chargeState +
    128 * status.chargeLevel +
    512 * status.chargingType +
    4096 * status.chargingFaults;
  const flags =
    (identifier === null ? 0 : flag.identifier) |
    (levelPercent === null ? 0 : flag.level) |
    (additional === null ? 0 : flag.additional);
  const writer = new ByteWriter().uint8(flags).uint16(power);
  if (identifier !== null) writer.uint16(identifier);
  if (levelPercent !== null) writer.raw(encodeBatteryLevel(levelPercent));
  if (additional !== null) writer.uint8(additional.serviceRequired + (additional.batteryFault ? 0b100 : 0));
  return writer.bytes();
}

function levelFault(percent: number, offset: number): DecodeFault | null {
  return percent <= 100 ? null : valueFault("Battery Level", `A level of ${percent} % is beyond 100 %.`, offset);
}

/** For both kinds of external power, and for whether service is required: "no", "yes", "unknown". */
export const answerName = (value: number): string => nameOf({ 0: "no", 1: "yes", 2: "unknown" }, value);

export const chargeStateName = (value: number): string =>
  nameOf({ 0: "unknown", 1: "charging", 2: "discharging_active", 3: "discharging_inactive" }, value);

export const chargeLevelName = (value: number): string =>
  nameOf({ 0: "unknown", 1: "good", 2: "low", 3: "critical" }, value);

export const chargingTypeName = (value: number): string =>
  nameOf({ 0: "unknown", 1: "constant_current", 2: "constant_voltage", 3: "trickle", 4: "float" }, value);

export const chargingFaultNames: readonly string[] = ["battery", "external_power_source", "other"];
