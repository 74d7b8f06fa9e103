import { batchId } from "../contract/delivery.ts";
import { uplinkErrors } from "./uplink-error.ts";

/** Makes batches: whole JSON envelopes around the body of a page, which is neither parsed nor validated again. */
export class BatchMaker {
  /** What an envelope adds to the body of its page, in bytes, at most. */
  readonly overheadBytesMax: number;
  readonly #bootId: string;
  readonly #head: string;
  #made = 0;

  /** @param bootId unique to this start of the program: with a counter it makes ids that are never used again */
  constructor(gateway: string, bootId: string) {
    const longestId = `${bootId}-${Number.MAX_SAFE_INTEGER.toString(36)}`;
    if (!batchId.safeParse(longestId).success) {
      throw uplinkErrors.make("boot-id-invalid", "a boot id has 1 to 52 characters of A-Z, a-z, 0-9, _ and -");
    }
    this.#bootId = bootId;
    this.#head = `","gateway":"${gateway}","readings":[`;
    this.overheadBytesMax = envelopeStart.length + longestId.length + this.#head.length + envelopeEnd.length;
  }

  nextId(): string {
    this.#made += 1;
    return `${this.#bootId}-${this.#made.toString(36)}`;
  }

  /** @param body JSON texts of readings, joined by commas; it is of no use afterwards */
  envelope(id: string, body: Uint8Array): Uint8Array {
    const start = `${envelopeStart}${id}${this.#head}`;
    // All of the start is ASCII: the ids' patterns allow nothing else.
    const bytes = Buffer.allocUnsafe(start.length + body.byteLength + envelopeEnd.length);
    bytes.write(start, 0, "latin1");
    bytes.set(body, start.length);
    bytes.write(envelopeEnd, start.length + body.byteLength, "latin1");
    letGo(body);
    return bytes;
  }
}

/**
 * Gives memory back now. A drain copies pages faster than garbage is collected, and the collector counts their bytes:
 * without this it takes 40 MiB more memory and works twice as hard. What shares its memory with others is left alone.
 */
function letGo({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

const envelopeStart = `{"v":1,"batch":"`;
const envelopeEnd = "]}";
