import { readFileSync } from "node:fs";
import { z } from "zod";
import { fromHex } from "../../device-drivers/kit/hex.ts";

/** Published frames with what they mean, and where each came from; the same shape in every file of `test/vectors`. */
const vector = z.looseObject({
  id: z.string(),
  characteristic: z.string(),
  source: z.unknown(),
  hex: z.string().optional(),
  direction: z.enum(["rx", "tx"]).optional(),
  valid: z.boolean().optional(),
  expected: z.record(z.string(), z.json()),
  session: z
    .array(
      z.looseObject({
        op: z.enum(["write", "notify", "indicate", "read", "cccd", "idle", "disconnect"]),
        char: z.string().optional(),
        hex: z.string().optional(),
        att_error: z.number().optional(),
      }),
    )
    .optional(),
});

export type Vector = z.infer<typeof vector>;

/** A vector of one frame, as octets. */
export interface FrameVector extends Vector {
  readonly bytes: Uint8Array;
}

const files = [
  "battery",
  "blood-pressure",
  "crc",
  "device-information",
  "glucose",
  "medical-floats",
  "record-access",
  "time",
];

export const vectors: readonly Vector[] = files.flatMap((name) =>
  z.array(vector).parse(JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"))),
);

export const frameVectors: readonly FrameVector[] = vectors.flatMap((each) =>
  each.session === undefined ? [Object.assign(each, { bytes: octets(each.hex ?? "none") })] : [],
);

/** The octets of hex digits that the test itself wrote. */
export function octets(hex: string): Uint8Array {
  const bytes = fromHex(hex.replaceAll(" ", ""));
  if (bytes === null) throw new Error(`${hex} is not hexadecimal.`);
  return bytes;
}

/** "mean_arterial_pressure" → "meanArterialPressure". */
export const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
