import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../../device-drivers/kit/hex.ts";
import type { SessionStep } from "../../../device-drivers/ports/session-fixture.ts";
import type { CapturedSession } from "../../../gateway/capture/capture-session.ts";
import { fixtureOf, fixtureText } from "../../../gateway/capture/fixture.ts";
import { scrubSession } from "../../../gateway/capture/scrub.ts";
import { capture, cuffWith, identity, meterWith, newClock, plainFixture } from "./capture-stage.ts";

/** What the owner of a device gives away must not name it, in any way of writing. */

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
const numberOf = (octets: Uint8Array): bigint => BigInt(`0x${hexOf(octets)}`);

/** The ways of writing that a device, or whoever looks for it, may use: made here by other means than the product's. */
function writings(octets: Uint8Array): readonly Uint8Array[] {
  const turned = octets.toReversed();
  const texts = [octets, turned].flatMap((order) => {
    const hex = hexOf(order);
    const pairs = hex.match(/../g) ?? [];
    return [hex, hex.toUpperCase(), pairs.join(":"), pairs.join("-").toUpperCase(), numberOf(order).toString()];
  });
  return [octets, turned, ...texts.map(ascii)];
}

const digitsAndLetters = fc.stringMatching(/^[A-Z]{0,3}[1-9][0-9]{6,9}[1-9]$/);

const owner = fc.record({
  address: fc.uint8Array({ minLength: 6, maxLength: 6 }).filter((octets) => new Set(octets.slice(3)).size === 3),
  serial: digitsAndLetters,
  systemId: fc.uint8Array({ minLength: 8, maxLength: 8 }).filter((octets) => new Set(octets).size > 6),
});

/** How a serial number may be written. */
function serialWritings(serial: string): readonly Uint8Array[] {
  const digits = serial.replaceAll(/\D/g, "");
  const number = BigInt(digits).toString(16);
  const octets = fromHex(number.length % 2 === 0 ? number : `0${number}`) ?? new Uint8Array();
  const packed = fromHex(digits.length % 2 === 0 ? digits : `0${digits}`) ?? new Uint8Array();
  const texts = [serial, serial.toLowerCase(), digits, hexOf(ascii(serial)), Array.from(serial).toReversed().join("")];
  return [
    ...texts.map(ascii),
    Buffer.from(serial, "utf16le"),
    octets,
    octets.toReversed(),
    packed,
    packed.toReversed(),
  ];
}

const place = fc.record({ before: fc.uint8Array({ maxLength: 4 }), after: fc.uint8Array({ maxLength: 4 }) });

function sessionOf(
  device: { readonly address: Uint8Array; readonly serial: string; readonly systemId: Uint8Array },
  values: readonly Uint8Array[],
): CapturedSession {
  const address = (hexOf(device.address).toUpperCase().match(/../g) ?? []).join(":");
  const steps: SessionStep[] = [
    { op: "read", char: "2A25", hex: toHex(ascii(device.serial)) },
    { op: "read", char: "2A23", hex: toHex(device.systemId.toReversed()) },
    ...values.map((value): SessionStep => ({ op: "notify", char: "FFF1", hex: toHex(value) })),
  ];
  return {
    advertisement: {
      address,
      addressKind: "public",
      name: `BPM_${hexOf(device.address.slice(3)).toUpperCase()}`,
      services: [],
      manufacturerData: { 65_535: device.address },
      rssiDbm: -40,
    },
    address,
    addressKind: "public",
    bonded: true,
    characteristics: [],
    steps,
    driver: null,
    records: 0,
    failure: null,
  };
}

const contains = (octets: Uint8Array, wanted: Uint8Array): boolean => Buffer.from(octets).includes(Buffer.from(wanted));

test("nothing of an identity remains in a frame, whichever way it was written there", () => {
  const property = fc.property(owner, place, (device, { before, after }) => {
    const written = [...writings(device.address), ...writings(device.systemId), ...serialWritings(device.serial)];
    const values = written.map((writing) => Uint8Array.of(...before, ...writing, ...after));
    const session = sessionOf(device, values);
    const text = fixtureText(fixtureOf(session, plainFixture));
    const scrubbed = scrubSession(session);
    for (const [index, writing] of written.entries()) {
      const left = fromHex(scrubbed.steps[index + 2]?.hex ?? "") ?? new Uint8Array();
      expect(left).toHaveLength(values[index]?.length ?? 0);
      expect(contains(left, writing)).toBe(false);
      expect(text.toUpperCase()).not.toContain(hexOf(writing).toUpperCase());
    }
    for (const secret of [session.address, device.serial, hexOf(device.systemId)]) {
      expect(text.toUpperCase()).not.toContain(secret.toUpperCase());
    }
  });
  fc.assert(property, { numRuns: 60, seed: 3 });
});

test("a frame that holds nothing of an identity is left as it was", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 20 }), (value) => {
    const device = {
      address: ascii("\x01\x12\x23\x34\x45\x56"),
      serial: "AB1234567",
      systemId: ascii("\x0a\x1b\x2c\x3d\x4e\x5f\x60\x71"),
    };
    expect(scrubSession(sessionOf(device, [value])).steps[2]?.hex).toBe(toHex(value));
  });
  fc.assert(property, { numRuns: 500, seed: 4 });
});

test("a whole capture of a device names it nowhere, and lists what was taken out", async () => {
  const clock = newClock();
  for (const device of [meterWith(4, clock), cuffWith(4, clock), cuffWith(4, clock, { recordAccess: {} })]) {
    const fixture = fixtureOf(await capture(device, { clock }), plainFixture);
    const text = fixtureText(fixture).toUpperCase();
    const serial = identity.serial ?? "";
    const address = identity.address.replaceAll(":", "");
    const turned = (address.match(/../g) ?? []).toReversed().join("");
    const systemId = identity.systemId ?? "";
    const turnedSystemId = (systemId.match(/../g) ?? []).toReversed().join("");
    for (const secret of [identity.address, address, turned, serial, hexOf(ascii(serial)), systemId, turnedSystemId]) {
      expect(text).not.toContain(secret.toUpperCase());
    }
    expect(fixture.advertisement.name).toBe("meter+00000000");
    expect(fixture.device).toBe("Example EX-65");
    expect(fixture.scrubbed.map(({ what, where }) => `${what} ${where}`).toSorted()).toEqual([
      "address advertisement",
      "name advertisement",
      "serial-number 2A25",
      "system-id 2A23",
    ]);
  }
});

test("a name keeps its model, and loses what may be a number of its own", () => {
  const device = { address: ascii("\x01\x12\x23\x34\x45\x56"), serial: "AB1234567", systemId: new Uint8Array(8) };
  const named = (name: string): string | null => {
    const session = sessionOf(device, []);
    const steps = [...session.steps, { op: "read", char: "2A24", hex: toHex(ascii("UA-651BLE")) } as const];
    return scrubSession({ ...session, steps, advertisement: { ...session.advertisement, name } }).name;
  };
  expect(named("A&D_UA-651BLE_1A2B3C")).toBe("A&D_UA-651BLE_0X0X0X");
  expect(named("Contour7830H1234567")).toBe("XXXXXXX0000X0000000");
  expect(named("OMRON")).toBe("OMRON");
});

test("what a user told the device about themselves is taken out, whatever it is", () => {
  const device = { address: ascii("\x01\x12\x23\x34\x45\x56"), serial: "AB1234567", systemId: new Uint8Array(8) };
  const session = sessionOf(device, []);
  const steps: readonly SessionStep[] = [
    { op: "read", char: "2A8A", hex: toHex(ascii("Ada")) },
    { op: "read", char: "2A85", hex: "BF070808" },
    { op: "write", char: "2A9F", hex: "0201A80E" },
    { op: "write", char: "2A9F", hex: "01A80E" },
    { op: "read", char: "2A00", hex: toHex(ascii("Ada's")) },
    { op: "read", char: "2BFF", hex: "0130313200" },
  ];
  const scrubbed = scrubSession({ ...session, steps });
  expect(scrubbed.steps.map(({ hex }) => hex)).toEqual([
    "585858",
    "00000000",
    "02010000",
    "010000",
    "5858585858",
    "0158585800",
  ]);
  expect(scrubbed.scrubbed).toContainEqual({ what: "user-data", where: "2A9F", times: 2 });
});

test("a stand-in is still a serial number and a System ID to whoever reads it", async () => {
  const clock = newClock();
  const { steps } = scrubSession(await capture(meterWith(1, clock), { clock }));
  const value = (uuid: string): string => steps.find(({ char }) => char === uuid)?.hex ?? "";
  expect(Buffer.from(value("2A25"), "hex").toString()).toBe("SCRUBBED");
  expect(value("2A23")).toBe("010000FEFFEEFFC0");
});

test("where the system hides addresses, what it gives in their place is taken out as well", () => {
  const device = { address: new Uint8Array(6), serial: "AB1234567", systemId: new Uint8Array(8) };
  const session = sessionOf(device, [ascii("4f1c9a77-22b3-4d54-9e0c-8d1b")]);
  const hidden = "4F1C9A77-22B3-4D54-9E0C-8D1B7F6A5E43";
  const scrubbed = scrubSession({
    ...session,
    address: hidden,
    advertisement: { ...session.advertisement, address: hidden },
  });
  expect(Buffer.from(scrubbed.steps[2]?.hex ?? "", "hex").toString()).not.toMatch(/4f1c9a77|9e0c-8d1b/);
});
