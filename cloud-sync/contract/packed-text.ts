import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";

/** A text that is larger than a result may be, made small enough for one message of any broker. */
export type PackedText = z.infer<typeof packedText>;

/** In base64: with its envelope and topic within the 64 KiB that an ingestion end takes of any message. */
export const packedCharsMax = 49_152;
const textBytesMax = 4 * 2 ** 20;

export const packedText = z.strictObject({
  encoding: z.literal("gzip+base64"),
  data: z.base64().max(packedCharsMax),
  /** False: parts of it were left out, and the text itself says which. */
  isWhole: z.boolean(),
});

/** Null if it is too large even so. */
export function packText(text: string, isWhole: boolean): PackedText | null {
  const data = gzipSync(text, { level: 9 }).toString("base64");
  return data.length > packedCharsMax ? null : { encoding: "gzip+base64", data, isWhole };
}

/** Null if it is no such text, or would become larger than any of ours is: a small message can swell a thousandfold. */
export function unpackText({ data }: PackedText): string | null {
  try {
    const bytes = gunzipSync(Buffer.from(data, "base64"), { maxOutputLength: textBytesMax });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
