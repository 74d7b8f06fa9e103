/**
 * Why a frame was rejected. A frame is rejected whole: no field of a faulty frame is ever used.
 *
 * - `too_short`: the flags promise more octets than there are.
 * - `too_long`, `length`: a fixed-length characteristic has another length.
 * - `value`: a field holds what its definition forbids.
 * - `crc`: the E2E-CRC does not match.
 */
export interface DecodeFault {
  readonly kind: "too_short" | "too_long" | "length" | "value" | "crc" | "empty";
  /** One plain sentence that names the field and the value, for an operator. */
  readonly reason: string;
  /** The field at fault, by its name in the specification. */
  readonly field?: string;
  /** Where in the frame the fault is, in octets from its start. */
  readonly offset?: number;
}
