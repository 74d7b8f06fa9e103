import { expect, test } from "vitest";
import { genuineSystemId, identifyDevice, type DeviceSubject } from "../../../gateway/collect/device-identity.ts";
import type { KnownDevice } from "../../../gateway/store/store.ts";

const subject: DeviceSubject = {
  information: {
    manufacturer: "Maker",
    model: "Meter 1",
    serial: "S1",
    firmware: null,
    hardware: null,
    software: null,
    systemId: "0022AAFFFE445566",
    batteryPercent: null,
  },
  address: "c0:ff:ee:00:00:01",
  addressKind: "random-static",
};
const telling = (information: Partial<DeviceSubject["information"]>, changes: Partial<DeviceSubject> = {}) => ({
  ...subject,
  ...changes,
  information: { ...subject.information, ...information },
});

const known: KnownDevice = {
  id: "system-id:0022AAFFFE445566",
  driver: "glucose",
  address: "C0:FF:EE:00:00:01",
  name: null,
  manufacturer: "Maker",
  model: "Meter 1",
  serial: "S1",
  systemId: "0022AAFFFE445566",
  firmware: null,
  batteryPercent: null,
  clockOffsetMs: null,
  firstSeenAt: 0,
  lastSeenAt: 0,
};

test("the System ID comes first, and is the same at every address", () => {
  const identity = { type: "identified", id: "system-id:0022AAFFFE445566" };
  expect(identifyDevice(subject, [])).toEqual(identity);
  expect(identifyDevice(telling({}, { address: "11:22:33:44:55:66", addressKind: "random-private" }), [])).toEqual(
    identity,
  );
});

test.each(["0000000000000000", "FFFFFFFFFFFFFFFF", "0102030405060708", "123456FFFE9ABCDE", "", "12"])(
  "a System ID of %j is none, and the serial number of the model counts",
  (systemId) => {
    expect(genuineSystemId(systemId)).toBeNull();
    expect(identifyDevice(telling({ systemId }), [])).toEqual({ type: "identified", id: "serial:Maker/Meter%201/S1" });
  },
);

test("the parts of a serial identity cannot run into one another, and their length is bounded", () => {
  const one = identifyDevice(telling({ systemId: null, model: "A/B", serial: "C" }), []);
  const other = identifyDevice(telling({ systemId: null, model: "A", serial: "B/C" }), []);
  expect(one.id).not.toBe(other.id);
  const long = identifyDevice(telling({ systemId: null, model: "é".repeat(128), serial: "x".repeat(128) }), []);
  expect(long.id).toMatch(/^serial-sha256:[0-9a-f]{64}$/);
});

test("a serial number alone is no identity: the address is, if it lasts", () => {
  const bare = { systemId: null, manufacturer: null, model: null };
  expect(identifyDevice(telling(bare), [])).toEqual({ type: "identified", id: "address:C0:FF:EE:00:00:01" });
  expect(identifyDevice(telling({ ...bare, serial: null }, { addressKind: "public" }), [])).toEqual({
    type: "identified",
    id: "address:C0:FF:EE:00:00:01",
  });
});

test("a device with nothing but a private address is in doubt", () => {
  const anonymous = telling(
    { systemId: null, serial: null, manufacturer: null, model: null },
    { addressKind: "random-private" },
  );
  expect(identifyDevice(anonymous, [known])).toMatchObject({ type: "doubtful", doubt: "anonymous" });
});

test.each([
  ["the same address with another serial number", telling({ serial: "S2", systemId: null })],
  ["the same address with another System ID", telling({ systemId: "0022AAFFFE000000" })],
  ["the same System ID with another serial number", telling({ serial: "S2" }, { address: "C0:FF:EE:00:00:02" })],
  [
    "the same serial number with another System ID",
    telling({ systemId: "0022AAFFFE000000" }, { address: "C0:FF:EE:00:00:02" }),
  ],
])("%s is in doubt", (_, impostor) => {
  expect(identifyDevice(impostor, [known])).toMatchObject({ type: "doubtful", doubt: "mismatch" });
});

test("a device that does not tell everything this time keeps its id", () => {
  expect(identifyDevice(telling({ systemId: null }), [known]).id).toBe(known.id);
  expect(identifyDevice(telling({ systemId: null, serial: null }), [known]).id).toBe(known.id);
  const bySerial = { ...known, id: "serial:Maker/Meter%201/S1", systemId: null };
  expect(identifyDevice(subject, [bySerial])).toEqual({ type: "identified", id: bySerial.id });
  const elsewhere = telling({ systemId: null }, { address: "C0:FF:EE:00:00:09" });
  expect(identifyDevice(elsewhere, [known]).id).toBe(known.id);
});

test("a private address that another device had before means nothing", () => {
  const visitor = telling({ serial: "S9", systemId: "0022AAFFFE999999" }, { addressKind: "random-private" });
  expect(identifyDevice(visitor, [known])).toEqual({ type: "identified", id: "system-id:0022AAFFFE999999" });
});

test("two models with the same serial number are two devices", () => {
  const other = telling({ model: "Meter 2", systemId: null }, { address: "C0:FF:EE:00:00:02" });
  expect(identifyDevice(other, [{ ...known, systemId: null, id: "serial:Maker/Meter%201/S1" }])).toEqual({
    type: "identified",
    id: "serial:Maker/Meter%202/S1",
  });
});
