import { decodeCharacteristic, knownCharacteristics } from "../../../device-drivers/characteristics.ts";
import type { DecodedFields } from "../../../device-drivers/kit/decoded-fields.ts";
import { fromHex } from "../../../device-drivers/kit/hex.ts";
import { fail, ok } from "../../../device-drivers/kit/result.ts";
import type { Result } from "../../../device-drivers/kit/result.ts";
import { cliErrors } from "../cli-error.ts";
import type { Failure } from "../failure.ts";

export interface FrameText {
  readonly uuid: string;
  readonly hex: string;
  readonly direction: "rx" | "tx" | null;
}

export interface DecodedFrame {
  readonly bytes: Uint8Array;
  readonly fields: DecodedFields;
}

/**
 * A frame as it was written, decoded. The failure's code is `not-hex`, `unknown-characteristic`, or, for octets that
 * must be rejected, the kind of `DecodeFault`: `too_short`, `too_long`, `length`, `value`, `crc` or `empty`.
 */
export function decodeFrame({ uuid, hex, direction }: FrameText): Result<DecodedFrame, Failure> {
  const bytes = fromHex(hex.replaceAll(/[\s:-]/g, ""));
  if (bytes === null) return fail(failed("not-hex", `the octets are not pairs of hex digits`));
  const decoded = decodeCharacteristic(uuid, bytes, direction ?? undefined);
  if (decoded.ok) return ok({ bytes, fields: decoded.value });
  const { kind, reason, field, offset } = decoded.error;
  if (field === "characteristic") {
    const known = knownCharacteristics.map((one) => one.uuid).join(", ");
    return fail({
      ...failed("unknown-characteristic", `there is no decoder for ${uuid.slice(0, 40)}`),
      context: { known },
    });
  }
  return fail({
    code: kind,
    message: reason,
    remedy: cliErrors.table["frame-rejected"].remedy,
    context: { ...(field === undefined ? {} : { field }), ...(offset === undefined ? {} : { offset }) },
  });
}

export const failed = (code: keyof typeof cliErrors.table, message: string): Failure => ({
  code,
  message,
  remedy: cliErrors.table[code].remedy,
  context: {},
});
