import { soundDecoderTests } from "./sound-decoders.ts";

soundDecoderTests(1_000_000, "a million");
