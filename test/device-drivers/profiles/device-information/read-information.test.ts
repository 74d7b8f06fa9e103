import { expect, test } from "vitest";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { gattErrors } from "../../../../device-drivers/ports/gatt-error.ts";
import { readDeviceInformation } from "../../../../device-drivers/profiles/device-information/read-information.ts";
import type { DeviceInformation } from "../../../../device-drivers/kit/driver.ts";
import { connectTo, idleLink, noInformation } from "../../collecting.ts";
import { declare, ScriptedDevice } from "../../scripted-device.ts";

const table = declare(
  ...["2A23", "2A24", "2A25", "2A26", "2A27", "2A28", "2A29"].map((uuid) => `180A/${uuid} read`),
  "180F/2A19 read,notify",
);

const hex = (text: string): string => toHex(new TextEncoder().encode(text));

test("what a device tells of itself is read, and cleaned of padding", async () => {
  const information = await read({
    "2A29": hex("A&D Medical\0\0\0"),
    "2A24": hex(" UA-651BLE "),
    "2A25": hex("SN-ABC123XYZ"),
    "2A26": hex("1.0"),
    "2A27": hex("A"),
    "2A28": hex("2"),
    "2A23": "DEBC9AFEFF563412",
    "2A19": "5F",
  });
  expect(information).toEqual({
    manufacturer: "A&D Medical",
    model: "UA-651BLE",
    serial: "SN-ABC123XYZ",
    firmware: "1.0",
    hardware: "A",
    software: "2",
    systemId: "123456FFFE9ABCDE",
    batteryPercent: 95,
  });
});

test("each characteristic stands for itself: what is refused is null and takes nothing from the others", async () => {
  expect(await read({ "2A24": hex("BF105") })).toEqual({ ...noInformation, model: "BF105" });
  expect(await read({})).toEqual(noInformation);
});

test("texts that say nothing are null: placeholders, blanks, control characters, broken UTF-8, endless ones", async () => {
  const nothing = [
    "Serial Number",
    "serial number\0",
    "N/A",
    "",
    "   ",
    "\0\0",
    "AB\u0007C",
    "x".repeat(129),
    "0000000",
    "FFFF",
  ];
  for (const text of nothing) expect([text, (await read({ "2A25": hex(text) })).serial]).toEqual([text, null]);
  expect(await read({ "2A25": "FFFEFD", "2A24": hex("Model Number") })).toEqual(noInformation);
  expect((await read({ "2A26": hex("0000") })).firmware).toBe("0000");
});

test("a battery level that is no percentage, and a System ID of another length, are null", async () => {
  expect(await read({ "2A19": "FF", "2A23": "0102" })).toEqual(noInformation);
  expect((await read({ "2A19": "00" })).batteryPercent).toBe(0);
});

test("a characteristic of the same UUID in another service is not taken for it", async () => {
  const device = new ScriptedDevice(declare("FFF0/2A25 read", "FFF0/2A19 read"), {
    values: { "2A25": hex("1"), "2A19": "5F" },
  });
  const { clock, session } = await connectTo(device);
  expect(await clock.runUntil(readDeviceInformation(session))).toEqual(noInformation);
  expect(device.heard).toEqual([]);
});

test("a bond that was lost is for the driver to find out; a link that was lost is an error", async () => {
  const { session } = await connectTo(new ScriptedDevice(table, {}));
  const failing = (failure: Error): Promise<DeviceInformation> =>
    readDeviceInformation({ ...session, link: { ...idleLink, read: async () => await Promise.reject(failure) } });
  expect(await failing(gattErrors.make("bond-lost", "forgotten"))).toEqual(noInformation);
  await expect(failing(gattErrors.make("link-lost", "gone"))).rejects.toMatchObject({ code: "link-lost" });
});

async function read(values: Readonly<Record<string, string>>): Promise<DeviceInformation> {
  const { clock, session } = await connectTo(new ScriptedDevice(table, { values }));
  return await clock.runUntil(readDeviceInformation(session));
}
