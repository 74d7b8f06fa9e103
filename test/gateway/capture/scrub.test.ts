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

/** A device whose parts are all distinct, for cases of one thing each. */
const plainDevice = {
  address: Uint8Array.of(0xd1, 0x42, 0x23, 0xab, 0xae, 0xf1),
  serial: "AB1234567",
  systemId: Uint8Array.of(0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f, 0x60, 0x71),
};

const withAdvertisement = (changes: Partial<CapturedSession["advertisement"]>): CapturedSession => {
  const session = sessionOf(plainDevice, []);
  return { ...session, advertisement: { ...session.advertisement, manufacturerData: {}, ...changes } };
};

test("an address that begins where a company's number should be is taken out of both", () => {
  for (const octets of [plainDevice.address, plainDevice.address.toReversed()]) {
    const [low = 0, high = 0, ...rest] = octets;
    const manufacturerData = { [low | (high << 8)]: Uint8Array.from(rest) };
    expect(scrubSession(withAdvertisement({ manufacturerData })).manufacturerData).toEqual({ 0: "00000000" });
  }
  const genuine = scrubSession(withAdvertisement({ manufacturerData: { 65_535: Uint8Array.of(1, 2) } }));
  expect(genuine.manufacturerData).toEqual({ 65_535: "0102" });
});

test("nothing is written of a device that has its address in a UUID", () => {
  const uuid = "0000FFF0-1212-EFDE-1523-D14223ABAEF1";
  const characteristic = { service: "180A", uuid, handle: 0x10, properties: ["read"] } as const;
  for (const session of [
    withAdvertisement({ services: [uuid] }),
    { ...withAdvertisement({}), characteristics: [characteristic] },
    { ...withAdvertisement({}), characteristics: [{ ...characteristic, service: uuid, uuid: "2A24" }] },
  ]) {
    expect(() => scrubSession(session)).toThrow(expect.objectContaining({ code: "capture-identity-left" }));
  }
  expect(() => scrubSession(withAdvertisement({ services: ["1810"] }))).not.toThrow();
});

test.each([
  ["BP-AEF1", "BP-XXX0"],
  ["CuffF1AE", "XXXXX0XX"],
  ["Cuff d142", "Cuff X000"],
  ["Cuff", "Cuff"],
])("a name that ends with a part of the address, %s, is %s", (name, scrubbed) => {
  expect(scrubSession(withAdvertisement({ name })).name).toBe(scrubbed);
});

test.each([
  ["padded with what is no text", Uint8Array.of(...ascii("AB1234567"), 0xff, 0xff)],
  ["between control characters", Uint8Array.of(0x02, ...ascii("AB1234567"), 0x03)],
  ["padded with zeros and blanks", Uint8Array.of(...ascii(" AB1234567  "), 0, 0)],
])("a serial number is known that is %s", (_what, value) => {
  const session = sessionOf(plainDevice, [ascii("<AB1234567>")]);
  const steps = session.steps.map((step) => (step.char === "2A25" ? { ...step, hex: toHex(value) } : step));
  expect(scrubSession({ ...session, steps }).steps[2]?.hex).toBe(toHex(ascii("<XX0000000>")));
});

test("a serial number that is no text is looked for as the octets that it is", () => {
  const serial = Uint8Array.of(0x91, 0x82, 0x73, 0x64);
  const session = sessionOf(plainDevice, [Uint8Array.of(1, ...serial, 2), Uint8Array.of(...serial.toReversed(), 2)]);
  const steps = session.steps.map((step) => (step.char === "2A25" ? { ...step, hex: toHex(serial) } : step));
  expect(
    scrubSession({ ...session, steps })
      .steps.slice(2)
      .map(({ hex }) => hex),
  ).toEqual(["010000000002", "0000000002"]);
});

test("characters of 16 bits are found in either order, also at the very end", () => {
  const device = { ...plainDevice, serial: "K1234" };
  const littleEndian = Buffer.from(device.serial, "utf16le");
  const bigEndian = Buffer.from(littleEndian).swap16();
  const { steps } = scrubSession(sessionOf(device, [littleEndian, bigEndian]));
  const blank = Buffer.from("X0000", "utf16le");
  expect(steps.slice(2).map(({ hex }) => hex)).toEqual([toHex(blank), toHex(Buffer.from(blank).swap16())]);
});

test("two secrets that overlap are both gone", () => {
  // The serial number begins with the end of the address's text.
  const device = { ...plainDevice, serial: "EF1-77-88-99" };
  const { steps } = scrubSession(sessionOf(device, [ascii("D14223ABAEF1-77-88-99")]));
  expect(Buffer.from(steps[2]?.hex ?? "", "hex").toString()).toBe("X00000XXXXX0-00-00-00");
});

test("what a user told by the newer characteristics is taken out as well, and a reconnection address", () => {
  const session = sessionOf(plainDevice, []);
  const rows = [
    ["2A88", "55", "00"],
    ["2A89", "66", "00"],
    ["2B48", "416E6E", "585858"],
    ["2B47", "5A06", "0000"],
    ["2B37", "0301004164610A", "03000000000000"],
    ["2A03", "665544332211", "000000000000"],
  ] as const;
  const steps = rows.map(([char, hex]): SessionStep => ({ op: "read", char, hex }));
  expect(scrubSession({ ...session, steps }).steps.map(({ hex }) => hex)).toEqual(rows.map(([, , hex]) => hex));
});

test("a device that tells a thousand serial numbers holds nobody up", () => {
  const session = sessionOf(plainDevice, []);
  const serials = Array.from({ length: 1_000 }, (_, at): SessionStep => {
    return { op: "read", char: "2A25", hex: toHex(ascii(`SN${String(at * 7_919).padStart(8, "0")}`)) };
  });
  const values = Array.from({ length: 10_000 }, (_, at): SessionStep => {
    return {
      op: "notify",
      char: "FFF1",
      hex: toHex(Uint8Array.from({ length: 20 }, (__, octet) => (at * octet) % 251)),
    };
  });
  expect(scrubSession({ ...session, steps: [...serials, ...values] }).steps).toHaveLength(11_000);
});
