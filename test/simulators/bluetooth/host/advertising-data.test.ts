import { expect, test } from "vitest";
import { advertisingData } from "../../../../simulators/bluetooth/host/advertising-data.ts";

const flags = [2, 0x01, 0x06];

test("the services go with every advertisement, the name with the scan response", () => {
  const { advertisement, scanResponse } = advertisingData("Cuff", ["1810", "180F"]);
  expect([...advertisement]).toEqual([...flags, 5, 0x03, 0x10, 0x18, 0x0f, 0x18]);
  expect([...scanResponse]).toEqual([5, 0x09, ...Buffer.from("Cuff")]);
});

test("a vendor's service of 128 bits has a list of its own", () => {
  const { advertisement } = advertisingData(null, ["1808", "00010203-0405-0607-0809-0A0B0C0D0E0F"]);
  const uuid = Array.from({ length: 16 }, (_, octet) => 15 - octet);
  expect([...advertisement]).toEqual([...flags, 3, 0x03, 0x08, 0x18, 17, 0x07, ...uuid]);
});

test("what does not fit is left out, and the list or the name says that it is not whole", () => {
  const services = Array.from({ length: 20 }, (_, at) => `18${String(at + 10)}`);
  const { advertisement, scanResponse } = advertisingData("A name that is longer than thirty-one", services);
  expect(advertisement).toHaveLength(31);
  expect([advertisement[3], advertisement[4]]).toEqual([27, 0x02]);
  expect(scanResponse).toHaveLength(31);
  expect([scanResponse[0], scanResponse[1]]).toEqual([30, 0x08]);
});

test("a device without a name or services advertises that it is there", () => {
  const { advertisement, scanResponse } = advertisingData(null, []);
  expect([...advertisement]).toEqual(flags);
  expect(scanResponse).toHaveLength(0);
});

test("where one list has filled the advertisement, the other is left out, however long it is", () => {
  const short = Array.from({ length: 13 }, (_, at) => `18${String(at + 10)}`);
  const long = Array.from({ length: 3 }, (_, at) => `00010203-0405-0607-0809-0A0B0C0D0E0${at}`);
  const { advertisement } = advertisingData(null, [...short, ...long]);
  expect(advertisement).toHaveLength(31);
  expect([advertisement[3], advertisement[4]]).toEqual([27, 0x03]);
});

test("a name is cut between characters", () => {
  const { scanResponse } = advertisingData(`${"a".repeat(28)}é and more`, []);
  expect([...scanResponse]).toEqual([29, 0x08, ...Buffer.from("a".repeat(28))]);
});
