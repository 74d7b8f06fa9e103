import { expect, test } from "vitest";
import { decodeCharacteristic } from "../../../../device-drivers/characteristics.ts";
import {
  decodeBatteryLevel,
  decodeBatteryLevelStatus,
  encodeBatteryLevel,
} from "../../../../device-drivers/profiles/battery/codec.ts";
import { octets } from "../../vectors.ts";

test("a battery level is one of 101", () => {
  const taken = Array.from({ length: 256 }, (_, level) => decodeBatteryLevel(Uint8Array.of(level))).filter(
    ({ ok }) => ok,
  );
  expect(taken.length).toBe(101);
  for (const level of [-1, 101, 50.5]) expect(() => encodeBatteryLevel(level)).toThrow(RangeError);
});

test("every bit of the power state has its name", () => {
  const decoded = decodeCharacteristic("2BED", octets("00 AB 53"));
  expect(decoded).toEqual({
    ok: true,
    value: {
      batteryPresent: true,
      wiredPower: "yes",
      wirelessPower: "yes",
      chargeState: "charging",
      chargeLevel: "critical",
      chargingType: "constant_current",
      chargingFaults: ["battery", "other"],
    },
  });
  expect(decodeCharacteristic("2BED", octets("04 D4 78 06"))).toMatchObject({
    value: {
      batteryPresent: false,
      wiredPower: "unknown",
      wirelessPower: "unknown",
      chargeState: "discharging_active",
      chargingType: "float",
      serviceRequired: "unknown",
      batteryFault: true,
    },
  });
});

test("a level over 100 percent is a fault of the whole status", () => {
  expect(decodeBatteryLevelStatus(octets("02 0100 65"))).toMatchObject({
    ok: false,
    error: { kind: "value", offset: 3 },
  });
});
