import type { MedicalNumber } from "../measurement/decimal.ts";
import { decodeFloat, decodeSfloat } from "./medical-float.ts";

/**
 * A cursor over the octets of one frame, little-endian as all of GATT is (Core Vol 3 Part G 2.4).
 * A decoder first works out from the flags how many octets there must be and rejects a shorter frame; so to read past
 * the end is a defect of the decoder, and throws `RangeError`.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  uint8(): number {
    const octet = this.#bytes[this.#offset];
    if (octet === undefined) throw new RangeError(`There is no octet ${this.#offset} in ${this.#bytes.length} octets.`);
    this.#offset += 1;
    return octet;
  }

  int8(): number {
    return (this.uint8() << 24) >> 24;
  }

  uint16(): number {
    return this.uint8() | (this.uint8() << 8);
  }

  /** For the few vendors that send a field the other way round. */
  uint16BigEndian(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  uint32(): number {
    return (this.uint16() | (this.uint16() << 16)) >>> 0;
  }

  sfloat(): MedicalNumber {
    return decodeSfloat(this.uint16());
  }

  float(): MedicalNumber {
    return decodeFloat(this.uint32());
  }

  /** Steps over octets that the caller reads by other means. */
  skip(octets: number): void {
    this.#offset += octets;
  }

  /** A copy of the octets that are left: the frame's buffer may be used again by the radio. */
  rest(): Uint8Array {
    const rest = this.#bytes.slice(this.#offset);
    this.#offset = this.#bytes.length;
    return rest;
  }
}
