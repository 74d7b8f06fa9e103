import { count, whenPresent } from "../../kit/decoded-fields.ts";
import type { FieldValue } from "../../kit/decoded-fields.ts";
import { namesOfBits } from "../../kit/name-table.ts";
import {
  answerName,
  chargeLevelName,
  chargeStateName,
  chargingFaultNames,
  chargingTypeName,
  type BatteryLevelStatus,
} from "./codec.ts";

export const batteryLevelStatusFields = (
  status: BatteryLevelStatus,
): Readonly<Record<string, FieldValue | undefined>> => ({
  batteryPresent: status.batteryPresent,
  wiredPower: answerName(status.wiredPower),
  wirelessPower: answerName(status.wirelessPower),
  chargeState: chargeStateName(status.chargeState),
  chargeLevel: chargeLevelName(status.chargeLevel),
  chargingType: chargingTypeName(status.chargingType),
  chargingFaults: namesOfBits(chargingFaultNames, status.chargingFaults),
  identifier: status.identifier ?? undefined,
  level: whenPresent(status.levelPercent, (percent) => count(percent, "%")),
  serviceRequired: whenPresent(status.additional, ({ serviceRequired }) => answerName(serviceRequired)),
  batteryFault: status.additional?.batteryFault,
});
