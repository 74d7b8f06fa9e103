import { toHex } from "../../device-drivers/kit/hex.ts";
import type { DeviceDriver } from "../../device-drivers/kit/driver.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import { bloodPressureDriver } from "../../device-drivers/profiles/blood-pressure/driver.ts";
import { encodeEnhancedBloodPressure } from "../../device-drivers/profiles/blood-pressure/enhanced-codec.ts";
import { encodeRecordSegment } from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { glucoseDriver } from "../../device-drivers/profiles/glucose/driver.ts";
import { contextLine, count, countRequest, done, measurementLine, meterTable } from "./glucose-lines.ts";
import { declare, lines, ScriptedDevice } from "./scripted-device.ts";

/** A device that a driver reads well, taken apart, so that rules can be tried on it. One for each way of each driver. */
export interface DriverRig {
  readonly name: string;
  readonly driver: DeviceDriver;
  readonly characteristics: readonly GattCharacteristic[];
  /** What the device does besides sending its frames. */
  readonly preface: Readonly<Record<string, string>>;
  /** What makes it send its frames. */
  readonly trigger: string;
  /** What it sends, and what it says when that was all. */
  readonly frames: readonly string[];
  readonly closing: readonly string[];
}

export const driverRigs: readonly DriverRig[] = [
  {
    name: "glucose meter",
    driver: glucoseDriver,
    characteristics: meterTable,
    preface: { [countRequest]: count(3) },
    trigger: "write 2A52 0101",
    frames: [measurementLine(1), measurementLine(2, { contextFollows: true }), contextLine(2), measurementLine(3)],
    closing: [done],
  },
  {
    name: "cuff that sends its memory",
    driver: bloodPressureDriver,
    characteristics: declare("1810/2A35 indicate", "1810/2A36 notify", "1810/2A49 read"),
    preface: {},
    trigger: "on 2A35",
    frames: [
      "2A35 167C0056006100E807060F11111B33000000",
      "2A35 16FF07FF07FF07E80706170E230AFF070000",
      "2A35 1678005000FF07E807061011111B34000000",
    ],
    closing: [],
  },
  {
    name: "cuff with enhanced measurements only",
    driver: bloodPressureDriver,
    characteristics: declare("1810/2B34 indicate", "1810/2A49 read"),
    preface: {},
    trigger: "on 2B34",
    frames: [enhanced(121), enhanced(122)].map((data) => `2B34 ${toHex(data)}`),
    closing: [],
  },
  {
    name: "cuff with record access",
    driver: bloodPressureDriver,
    characteristics: declare("1810/2A35 indicate", "1810/2B36 notify", "1810/2A49 read", "1810/2A52 write,indicate"),
    preface: { [countRequest]: count(2) },
    trigger: "write 2A52 0101",
    frames: [stored(1), stored(2)],
    closing: [done],
  },
];

/** The rig's device, sending these lines where it would send its frames. */
export const deviceOf = (rig: DriverRig, sent: readonly string[] = [...rig.frames, ...rig.closing]): ScriptedDevice =>
  new ScriptedDevice(rig.characteristics, { on: { ...rig.preface, [rig.trigger]: lines(...sent) } });

function enhanced(systolic: number): Uint8Array {
  const nothing = { timestampS: null, pulseRate: null, userId: null, status: null, userFacingTimeS: null };
  const pressures = {
    systolic: { mantissa: systolic, exponent: 0 },
    diastolic: { mantissa: 79, exponent: 0 },
    meanArterialPressure: "nan",
  } as const;
  return encodeEnhancedBloodPressure({ ...nothing, ...pressures, unit: "mmHg", epoch: 2000 });
}

function stored(sequenceNumber: number): string {
  const data = enhanced(120 + sequenceNumber);
  const segment = { firstSegment: true, lastSegment: true, segmentCounter: 0, sequenceNumber, uuid: 0x2b34, data };
  return `2B36 ${toHex(encodeRecordSegment(segment))}`;
}
