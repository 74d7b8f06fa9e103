import type { MedicalNumber } from "../measurement/decimal.ts";
import { encodeFloat, encodeSfloat } from "./medical-float.ts";

/** Builds one frame, little-endian. A value that does not fit its field throws `RangeError`: it is never cut. */
export class ByteWriter {
  readonly #octets: number[] = [];

  uint8(value: number): this {
    return this.#integer(value, 1);
  }

  int8(value: number): this {
    return this.#integer(fromSigned(value, 8), 1);
  }

  uint16(value: number): this {
    return this.#integer(value, 2);
  }

  /** For the few vendors that send a field the other way round. */
  uint16BigEndian(value: number): this {
    return this.uint16(value).#swapLastTwo();
  }

  int16(value: number): this {
    return this.#integer(fromSigned(value, 16), 2);
  }

  uint32(value: number): this {
    return this.#integer(value, 4);
  }

  sfloat(value: MedicalNumber): this {
    return this.uint16(encodeSfloat(value));
  }

  float(value: MedicalNumber): this {
    return this.uint32(encodeFloat(value));
  }

  raw(octets: Iterable<number>): this {
    for (const octet of octets) this.uint8(octet);
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#octets);
  }

  #integer(value: number, octets: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * octets)) {
      throw new RangeError(`${value} does not fit ${8 * octets} bits.`);
    }
    for (let index = 0; index < octets; index += 1) this.#octets.push((value >>> (8 * index)) & 0xff);
    return this;
  }

  #swapLastTwo(): this {
    this.#octets.push(...this.#octets.splice(-2).toReversed());
    return this;
  }
}

function fromSigned(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  if (!Number.isInteger(value) || value < -half || value >= half) {
    throw new RangeError(`${value} does not fit ${bits} bits with a sign.`);
  }
  return value < 0 ? value + 2 * half : value;
}
