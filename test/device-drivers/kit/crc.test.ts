import { expect, test } from "vitest";
import { crc16CcittFalse, crc16Mcrf4xx } from "../../../device-drivers/kit/crc.ts";
import { appendE2eCrc, stripE2eCrc } from "../../../device-drivers/kit/e2e-crc.ts";
import { octets } from "../vectors.ts";

const digits = new TextEncoder().encode("123456789");

test("both CRCs give the check value of their catalogue", () => {
  expect(crc16Mcrf4xx(digits)).toBe(0x6f91);
  expect(crc16CcittFalse(digits)).toBe(0x29b1);
});

test("the E2E-CRC of a packet of a Roche sensor matches, low octet first", () => {
  const packet = octets("0D437300 2C010324 001A003E 04");
  expect(stripE2eCrc(packet)).toEqual({ ok: true, value: packet.subarray(0, 11) });
  expect(appendE2eCrc(packet.subarray(0, 11))).toEqual(packet);
});

test("a single flipped bit anywhere breaks the E2E-CRC", () => {
  const packet = appendE2eCrc(octets("7E78005000640080510100480005030000A30200"));
  for (let bit = 0; bit < packet.length * 8; bit += 1) {
    const damaged = Uint8Array.from(packet, (octet, at) => (at === bit >> 3 ? octet ^ (1 << (bit & 7)) : octet));
    expect(stripE2eCrc(damaged)).toMatchObject({ ok: false, error: { kind: "crc", offset: packet.length - 2 } });
  }
});

test("a frame too short for a CRC is too short", () => {
  expect(stripE2eCrc(octets("00"))).toMatchObject({ ok: false, error: { kind: "too_short" } });
});
