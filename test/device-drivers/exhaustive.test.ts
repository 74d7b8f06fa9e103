import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { decodeFloat, decodeSfloat, encodeFloat, encodeSfloat } from "../../device-drivers/kit/medical-float.ts";
import { decimalText, isDecimal } from "../../device-drivers/measurement/decimal.ts";
import { codecs, littleEndian } from "./codecs.ts";
import { generateFrame } from "./frame-generator.ts";
import { layouts, requiredOctets, type FrameLayout } from "./frame-layouts.ts";
import { seededOctets } from "./seeded-octets.ts";

const every16 = Array.from({ length: 0x1_0000 }, (_, raw) => raw);

test("each of the 65,536 SFLOATs is encoded as the bits it was decoded from", () => {
  expect(every16.filter((raw) => encodeSfloat(decodeSfloat(raw)) !== raw)).toEqual([]);
});

test("exactly five SFLOATs are not numbers", () => {
  const specials = every16.filter((raw) => !isDecimal(decodeSfloat(raw)));
  expect(specials.map((raw) => [raw, decodeSfloat(raw)])).toEqual([
    [0x07fe, "positive-infinity"],
    [0x07ff, "nan"],
    [0x0800, "not-at-this-resolution"],
    [0x0801, "reserved"],
    [0x0802, "negative-infinity"],
  ]);
});

test("each SFLOAT that is a number has the digits of its mantissa and the resolution of its exponent", () => {
  const wrong = every16.filter((raw) => {
    const number = decodeSfloat(raw);
    return isDecimal(number) && decimalText(number) !== expectedText(raw);
  });
  expect(wrong).toEqual([]);
});

/** The plain decimal of an SFLOAT, by moving the point in its digits. */
function expectedText(raw: number): string {
  const mantissa = (raw & 0xfff) > 0x7ff ? (raw & 0xfff) - 0x1000 : raw & 0xfff;
  const exponent = raw >> 12 > 7 ? (raw >> 12) - 16 : raw >> 12;
  const digits = String(Math.abs(mantissa));
  const sign = mantissa < 0 ? "-" : "";
  if (exponent >= 0) return mantissa === 0 ? "0" : sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(12, "0");
  const whole = padded.slice(0, exponent).replace(/^0+(?=\d)/, "");
  return `${sign}${whole}.${padded.slice(exponent)}`;
}

test("a million FLOATs, and all around the special ones, are encoded as the bits they were decoded from", () => {
  const chance = seededOctets(11_073);
  const around = [0x007ffffe, 0x00800002, 0, 0xff7fffff, 0x7f7fffff, 0x80800000].flatMap((raw) =>
    Array.from({ length: 9 }, (_, index) => (raw - 4 + index) >>> 0),
  );
  const raws = [...around, ...Array.from({ length: 1_000_000 }, () => chance.uint32())];
  expect(raws.filter((raw) => encodeFloat(decodeFloat(raw)) !== raw)).toEqual([]);
});

const flagged: readonly FrameLayout[] = [
  layouts.glucoseMeasurement,
  layouts.glucoseContext,
  layouts.bloodPressure,
  layouts.bloodPressureBm85,
  layouts.cuffPressure,
  layouts.enhancedBloodPressure,
  layouts.enhancedCuffPressure,
  layouts.batteryLevelStatus,
];

for (const layout of flagged) {
  test(`${layout.name}: with each of 256 flags, a frame is taken from the length that they promise on, and at none below`, () => {
    const decode = decoderOf(layout);
    const wrong: string[] = [];
    for (let flags = 0; flags < 256; flags += 1) {
      const required = requiredOctets(layout, flags, 0);
      for (let length = 0; length <= required + 4; length += 1) {
        // All zeros is a frame of plausible values in each of these layouts.
        const bytes = new Uint8Array(length);
        bytes.set([flags].slice(0, length));
        if (decode(bytes).ok !== length >= required) wrong.push(`flags ${flags}, ${length} octets`);
      }
    }
    expect(wrong).toEqual([]);
  });
}

const fixedLayouts: readonly FrameLayout[] = Object.values(layouts).filter(
  (layout: FrameLayout) => layout.fixedLength && layout.flagOctets === 0,
);

for (const layout of fixedLayouts) {
  test(`${layout.name} is rejected at every length but its own`, () => {
    const decode = decoderOf(layout);
    const own = requiredOctets(layout, 0, 0);
    const taken = Array.from({ length: 32 }, (_, length) => length).filter(
      (length) => decode(new Uint8Array(length)).ok,
    );
    expect(taken).toEqual([own]);
  });
}

for (const layout of [layouts.glucoseFeature, layouts.bloodPressureFeature]) {
  test(`each of the 65,536 values of ${layout.name} keeps its known features and drops the reserved bits`, () => {
    const known = layout === layouts.glucoseFeature ? 0x07ff : 0x01ff;
    const reencode = codecOf(layout).reencode;
    const wrong = every16.filter((bits) => {
      const again = reencode(littleEndian(bits, 2));
      return (again?.[0] ?? 0) + 256 * (again?.[1] ?? 0) !== (bits & known);
    });
    expect(wrong).toEqual([]);
  });
}

test("each of the 65,536 values of Local Time Information is either kept to the bit or rejected", () => {
  const { reencode } = codecOf(layouts.localTimeInformation);
  const kept = every16.filter((raw) => reencode(littleEndian(raw, 2)) !== null);
  // 105 steps of a quarter of an hour from -12 h to +14 h and "unknown", with five offsets of daylight saving.
  expect(kept.length).toBe(106 * 5);
  expect(kept.filter((raw) => String(reencode(littleEndian(raw, 2))) !== String(littleEndian(raw, 2)))).toEqual([]);
});

for (const { layout, decode, reencode } of codecs) {
  test(`${layout.name}: what is decoded, encoded and decoded again is the same, for 20,000 frames`, () => {
    const chance = seededOctets(20_000);
    const frames = Array.from({ length: 20_000 }, () => generateFrame(layout, chance).bytes);
    const changed = frames.filter((bytes) => {
      const again = reencode(bytes);
      return again !== null && !isDeepStrictEqual(decode(again), decode(bytes));
    });
    expect(changed).toEqual([]);
  });
}

function codecOf(layout: FrameLayout): (typeof codecs)[number] {
  const found = codecs.find((codec) => codec.layout === layout);
  if (found === undefined) throw new Error(`There is no codec for ${layout.name}.`);
  return found;
}

const decoderOf = (layout: FrameLayout): (typeof codecs)[number]["decode"] => codecOf(layout).decode;
