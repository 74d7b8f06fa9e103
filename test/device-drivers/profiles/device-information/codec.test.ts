import { expect, test } from "vitest";
import { toHex } from "../../../../device-drivers/kit/hex.ts";
import { decodeText } from "../../../../device-drivers/kit/text.ts";
import {
  decodeSystemId,
  decodeUniqueDeviceIdentifier,
  encodeSystemId,
  encodeUniqueDeviceIdentifier,
  systemIdText,
  vendorIdSourceName,
} from "../../../../device-drivers/profiles/device-information/codec.ts";
import { octets } from "../../vectors.ts";

test("a System ID made of a Bluetooth address reads as that address, OUI first", () => {
  const decoded = decodeSystemId(octets("DEBC9AFEFF563412"));
  if (!decoded.ok) throw new Error(decoded.error.reason);
  expect(systemIdText(decoded.value)).toBe("123456FFFE9ABCDE");
});

test("a System ID is not encoded from parts of another length", () => {
  const four = new Uint8Array(4);
  expect(() => encodeSystemId({ manufacturerIdentifier: four, organizationallyUniqueIdentifier: four })).toThrow(
    RangeError,
  );
});

test("NULs at the end of a text are padding, NULs inside it are not", () => {
  expect(decodeText(octets("4246313035000000"))).toEqual({ ok: true, value: "BF105" });
  expect(decodeText(octets("410042"))).toEqual({ ok: true, value: "A\0B" });
  expect(decodeText(octets(""))).toEqual({ ok: true, value: "" });
});

test("octets that are no UTF-8 are refused: a serial number with replacement characters is another device's", () => {
  for (const hex of ["FFFEFD", "C328", "E28228", "41ED A0 80"]) {
    expect(decodeText(octets(hex))).toMatchObject({ ok: false, error: { kind: "value" } });
  }
});

test("a unique device identifier holds the parts that its flags promise", () => {
  expect(decodeUniqueDeviceIdentifier(octets("01 41424300"))).toMatchObject({
    value: { label: "ABC", deviceIdentifier: null, issuer: null, authority: null },
  });
  expect(decodeUniqueDeviceIdentifier(octets("03 414200 4344"))).toMatchObject({ error: { kind: "too_short" } });
  expect(decodeUniqueDeviceIdentifier(octets(""))).toMatchObject({ error: { kind: "too_short" } });
  const parts = { label: null, deviceIdentifier: "(01)1", issuer: "2.51", authority: null };
  expect(toHex(encodeUniqueDeviceIdentifier(parts))).toBe("0628303129310032 2E353100".replace(" ", ""));
  expect(() => encodeUniqueDeviceIdentifier({ ...parts, label: "a\0b" })).toThrow(RangeError);
});

test("vendors are of the Bluetooth SIG, of the USB Implementers Forum, or reserved", () => {
  expect([1, 2, 3].map(vendorIdSourceName)).toEqual(["bluetooth_sig", "usb_if", "reserved_3"]);
});
