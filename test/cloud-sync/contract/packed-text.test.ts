import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { packedCharsMax, packedText, packText, unpackText } from "../../../cloud-sync/contract/packed-text.ts";

test("a packed text comes out as it went in, and is much smaller", () => {
  const text = "sesión fallida\n".repeat(5_000);
  const packed = packText(text, true);
  expect(packed).toEqual(packedText.parse(packed));
  expect(packed?.data.length).toBeLessThan(2_000);
  expect(packed === null ? null : unpackText(packed)).toBe(text);
});

test("what is broken, or would swell beyond all measure, is not unpacked", () => {
  const of = (data: string): string | null => unpackText({ encoding: "gzip+base64", data, isWhole: true });
  expect(of("AAAA")).toBeNull();
  expect(of(gzipSync(Uint8Array.of(0xff, 0xfe)).toString("base64"))).toBeNull();
  const swelling = gzipSync(Buffer.alloc(16 * 2 ** 20)).toString("base64");
  expect(swelling.length).toBeLessThan(packedCharsMax);
  expect(of(swelling)).toBeNull();
});
