import { expect, test } from "vitest";
import { encodeRacpRequest, RacpOpCode, RacpOperator } from "../../../device-drivers/kit/racp.ts";
import type { GattCharacteristic } from "../../../device-drivers/ports/gatt.ts";
import { decodeBloodPressureMeasurement } from "../../../device-drivers/profiles/blood-pressure/measurement-codec.ts";
import { decodeGlucoseMeasurement } from "../../../device-drivers/profiles/glucose/measurement-codec.ts";
import { BloodPressureCuff, plainCuff } from "../../../simulators/peripherals/blood-pressure-cuff.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import type { VirtualPeripheral } from "../../../simulators/peripherals/virtual-peripheral.ts";
import type { CentralBond, CentralLink } from "../../doubles/bluetooth/central-link.ts";
import { type DeviceStage, stageDevice, testIdentity } from "../peripherals/device-client.ts";
import { type FrontRig, rigAround } from "./front-rig.ts";

const quiet = { io: "no-input-no-output", mitm: false, secureConnections: true } as const;

const glucose = { person: null, fluid: "blood", meal: null, carbohydrateG: null, fault: null } as const;
const pressure = {
  person: null,
  userSlot: 1,
  diastolicMmHg: 80,
  pulsePerMin: 70,
  irregularPulse: false,
  bodyMovement: false,
  fault: false,
} as const;

function meterStage(mgPerDl: readonly number[]): DeviceStage<GlucoseMeter> {
  const stage = stageDevice((ports) => new GlucoseMeter(ports, { ...plainGlucoseMeter, identity: testIdentity }));
  for (const value of mgPerDl) stage.device.measure({ ...glucose, mgPerDl: value });
  return stage;
}

/** A cuff that forgets what was confirmed. */
function cuffStage(systolics: readonly number[]): DeviceStage<BloodPressureCuff> {
  const options = { ...plainCuff, identity: testIdentity, afterConfirmation: "forgets" } as const;
  const stage = stageDevice((ports) => new BloodPressureCuff(ports, options));
  for (const systolicMmHg of systolics) stage.device.measure({ ...pressure, systolicMmHg });
  return stage;
}

const rigOf = async ({ clock, air, device }: DeviceStage<GlucoseMeter | BloodPressureCuff>): Promise<FrontRig> => {
  device.wake();
  return await rigAround({ clock, air, options: {} });
};

function characteristic(device: VirtualPeripheral, uuid: string): GattCharacteristic {
  const found = device.characteristics.find((candidate) => candidate.uuid === uuid);
  if (found === undefined) throw new Error(`the device has no ${uuid}`);
  return found;
}

async function subscribe(link: CentralLink, device: VirtualPeripheral, uuid: string): Promise<void> {
  const { handle, properties } = characteristic(device, uuid);
  await link.att.write(handle + 1, Uint8Array.of(properties.includes("indicate") ? 2 : 1, 0));
}

async function askForAll({ until }: FrontRig, link: CentralLink, device: VirtualPeripheral): Promise<void> {
  for (const uuid of ["2A18", "2A34", "2A52"]) await until(subscribe(link, device, uuid));
  const request = encodeRacpRequest({ opCode: RacpOpCode.reportStoredRecords, operator: RacpOperator.allRecords });
  await until(link.att.write(characteristic(device, "2A52").handle, request));
}

/** The values of one characteristic that have arrived, in order. */
const arrived = (link: CentralLink, device: VirtualPeripheral, uuid: string): readonly Uint8Array[] =>
  link.att.values.filter(({ handle }) => handle === characteristic(device, uuid).handle).map(({ value }) => value);

const systolics = (values: readonly Uint8Array[]): readonly unknown[] =>
  values.map((value) => {
    const decoded = decodeBloodPressureMeasurement(value);
    return decoded.ok && typeof decoded.value.systolic !== "string" ? decoded.value.systolic.mantissa : null;
  });

const sequenceNumbers = (values: readonly Uint8Array[]): readonly unknown[] =>
  values.map((value) => {
    const decoded = decodeGlucoseMeasurement(value);
    return decoded.ok ? decoded.value.sequenceNumber : null;
  });

test("a meter gives all its records by Record Access, and then says that it has", async () => {
  const stage = meterStage(Array.from({ length: 60 }, (_, at) => 80 + at));
  const { device } = stage;
  const rig = await rigOf(stage);
  const link = await rig.connect(device.address);
  await rig.until(link.pair(quiet));
  await askForAll(rig, link, device);
  await rig.until(link.att.value(({ handle }) => handle === characteristic(device, "2A52").handle));
  const records = arrived(link, device, "2A18");
  expect(sequenceNumbers(records)).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
  expect(stage.events.filter(({ event, characteristic: uuid }) => event === "shown" && uuid === "2A18")).toHaveLength(
    60,
  );
});

test("a transfer that was cut begins anew with the bond, and everything comes", async () => {
  const stage = meterStage([90, 91, 92, 93, 94]);
  const { device, air } = stage;
  const rig = await rigOf(stage);
  const first = await rig.connect(device.address);
  const bond = await rig.until(first.pair(quiet));
  air.command({ type: "cut-transfer", address: device.address, afterValues: 2, before: "value" });
  await askForAll(rig, first, device);
  expect(await rig.until(first.ended)).toBe(0x08);
  expect(sequenceNumbers(arrived(first, device, "2A18"))).toEqual([1, 2]);
  device.wake();
  const again = await rig.connect(device.address);
  await rig.until(again.encrypt(bond));
  await askForAll(rig, again, device);
  await rig.until(again.att.value(({ handle }) => handle === characteristic(device, "2A52").handle));
  expect(sequenceNumbers(arrived(again, device, "2A18"))).toEqual([1, 2, 3, 4, 5]);
});

test("a cuff that forgets shows again exactly what was not confirmed", async () => {
  const stage = cuffStage([121, 122, 123]);
  const { device, air } = stage;
  const rig = await rigOf(stage);
  const first = await rig.connect(device.address);
  const bond: CentralBond = await rig.until(first.pair(quiet));
  air.command({ type: "cut-transfer", address: device.address, afterValues: 1, before: "confirmation" });
  await rig.until(subscribe(first, device, "2A35"));
  expect(await rig.until(first.ended)).toBe(0x08);
  expect(systolics(arrived(first, device, "2A35"))).toEqual([121, 122]);
  device.wake();
  const again = await rig.connect(device.address);
  await rig.until(again.encrypt(bond));
  await rig.until(subscribe(again, device, "2A35"));
  await rig.clock.settle();
  expect(systolics(arrived(again, device, "2A35"))).toEqual([122, 123]);
});

test("a device that is put to use ends the link, and is back with what it measured", async () => {
  const stage = meterStage([100]);
  const { device } = stage;
  const rig = await rigOf(stage);
  const first = await rig.connect(device.address);
  const bond = await rig.until(first.pair(quiet));
  device.measure({ ...glucose, mgPerDl: 200 });
  expect(await rig.until(first.ended)).toBe(0x13);
  const again = await rig.connect(device.address);
  await rig.until(again.encrypt(bond));
  await askForAll(rig, again, device);
  await rig.until(again.att.value(({ handle }) => handle === characteristic(device, "2A52").handle));
  expect(sequenceNumbers(arrived(again, device, "2A18"))).toEqual([1, 2]);
});
