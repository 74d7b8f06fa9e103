import { expect, test } from "vitest";
import { decodeText } from "../../device-drivers/kit/text.ts";
import { decodeUniqueDeviceIdentifier } from "../../device-drivers/profiles/device-information/codec.ts";
import { codecs } from "./codecs.ts";
import { fuzzDecoder } from "./decoder-fuzz.ts";
import { generateFrame, type GeneratedFrame } from "./frame-generator.ts";
import type { FrameLayout } from "./frame-layouts.ts";
import type { SeededOctets } from "./seeded-octets.ts";

/** Registers a test for each decoder, over so many inputs; `words` say the number. */
export function soundDecoderTests(inputs: number, words: string): void {
  for (const { layout, decode } of codecs) {
    test(`${words} frames, right and wrong, find the decoder of ${layout.name} sound`, () => {
      const report = fuzzDecoder(
        { decode, generate: generatorOf(layout), fixedLength: layout.fixedLength },
        inputs,
        1808,
      );
      expect(report.violation).toBeNull();
      expect(report.accepted).toBeGreaterThan(inputs / 20);
      expect(report.rejectedForLength).toBeGreaterThan(inputs / 20);
    });
  }

  test(`${words} texts find the decoder of strings sound`, () => {
    const generate = (chance: SeededOctets): GeneratedFrame => ({ bytes: textOctets(chance), surplus: 0 });
    const report = fuzzDecoder({ decode: decodeText, generate, fixedLength: false }, inputs, 180);
    expect(report.violation).toBeNull();
    expect(report.accepted).toBeGreaterThan(inputs / 20);
    expect(report.accepted).toBeLessThan(inputs);
  });

  test(`${words} device identifiers find the decoder of UDI sound`, () => {
    const decode = decodeUniqueDeviceIdentifier;
    const report = fuzzDecoder({ decode, generate: generateUdi, fixedLength: false }, inputs, 255);
    expect(report.violation).toBeNull();
    expect(report.accepted).toBeGreaterThan(inputs / 20);
    expect(report.rejectedForLength).toBeGreaterThan(inputs / 20);
  });
}

export const generatorOf =
  (layout: FrameLayout) =>
  (chance: SeededOctets): GeneratedFrame =>
    generateFrame(layout, chance);

const oddities = [0, 0, 0x7f, 0x80, 0xc3, 0xe2, 0xf0, 0xff];

/** Mostly letters, with NULs and octets that no UTF-8 has among them. */
function textOctets(chance: SeededOctets): Uint8Array {
  const octets = new Uint8Array(chance.below(12));
  for (let at = 0; at < octets.length; at += 1) {
    octets[at] = chance.below(12) === 0 ? (oddities[chance.below(oddities.length)] ?? 0) : 0x41 + chance.below(26);
  }
  return octets;
}

const udiOctetsMax = 64;

/** Flags, and about as many strings with a NUL as they promise; a string too few is octets missing. */
function generateUdi(chance: SeededOctets): GeneratedFrame {
  const flags = chance.uint8();
  const promised = (flags & 1) + ((flags >> 1) & 1) + ((flags >> 2) & 1) + ((flags >> 3) & 1);
  const strings = Math.max(0, promised + chance.below(3) - 1);
  const octets = new Uint8Array(udiOctetsMax);
  octets[0] = flags;
  let length = 1;
  for (let each = 0; each < strings; each += 1) {
    const text = textOctets(chance);
    const end = text.indexOf(0);
    octets.set(text, length);
    length += (end < 0 ? text.length : end) + 1;
    octets[length - 1] = 0;
  }
  return { bytes: octets.slice(0, length), surplus: strings - promised };
}
