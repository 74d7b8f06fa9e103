import { expect, test } from "vitest";
import { plantedFaults } from "./codecs.ts";
import { fuzzDecoder } from "./decoder-fuzz.ts";
import { layouts } from "./frame-layouts.ts";
import { generatorOf, soundDecoderTests } from "./sound-decoders.ts";

soundDecoderTests(50_000, "fifty thousand");

for (const [fault, decode] of Object.entries(plantedFaults)) {
  test(`the generator catches a decoder that ${fault}`, () => {
    const generate = generatorOf(layouts.glucoseMeasurement);
    expect(fuzzDecoder({ decode, generate, fixedLength: false }, 10_000, 1808).violation).not.toBeNull();
  });
}
