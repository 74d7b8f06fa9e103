import { cloudEventHead, contentTypes, type EnvelopeForm, sourceOfGateway } from "../contract/cloud-event.ts";
import { batchId } from "../contract/delivery.ts";
import { uplinkErrors } from "./uplink-error.ts";

export interface BatchOrigin {
  readonly gateway: string;
  /** Unique to this start of the program: with a counter it makes ids that are never used again. */
  readonly bootId: string;
  readonly form: EnvelopeForm;
  /** The time, in milliseconds since 1970, if the clock is known to be right. */
  readonly trustedNow: () => number | null;
}

/** Makes batches: whole JSON envelopes around the body of a page, which is neither parsed nor validated again. */
export class BatchMaker {
  /** What an envelope adds to the body of its page, in bytes, at most. */
  readonly overheadBytesMax: number;
  readonly contentType: string;
  readonly #origin: BatchOrigin;
  readonly #end: string;
  #made = 0;

  constructor(origin: BatchOrigin) {
    const longestId = `${origin.bootId}-${Number.MAX_SAFE_INTEGER.toString(36)}`;
    if (!batchId.safeParse(longestId).success) {
      throw uplinkErrors.make("boot-id-invalid", "a boot id has 1 to 52 characters of A-Z, a-z, 0-9, _ and -");
    }
    this.#origin = origin;
    this.contentType = contentTypes[origin.form];
    this.#end = origin.form === "plain" ? "]}" : "]}}";
    // Every time that RFC 3339 can write has the same length, and none is shorter.
    this.overheadBytesMax = this.#start(longestId, 0).length + this.#end.length;
  }

  nextId(): string {
    this.#made += 1;
    return `${this.#origin.bootId}-${this.#made.toString(36)}`;
  }

  /** @param body JSON texts of readings, joined by commas; it is of no use afterwards */
  envelope(id: string, body: Uint8Array): Uint8Array {
    const start = this.#start(id, this.#origin.trustedNow());
    // All of the start is ASCII: the ids' patterns allow nothing else.
    const bytes = Buffer.allocUnsafe(start.length + body.byteLength + this.#end.length);
    bytes.write(start, 0, "latin1");
    bytes.set(body, start.length);
    bytes.write(this.#end, start.length + body.byteLength, "latin1");
    letGo(body);
    return bytes;
  }

  #start(id: string, at: number | null): string {
    const { gateway, form } = this.#origin;
    const batch = `{"v":1,"batch":"${id}","gateway":"${gateway}","readings":[`;
    if (form === "plain") return batch;
    return cloudEventHead({ kind: "readings", id, source: sourceOfGateway(gateway), at }) + batch;
  }
}

/**
 * Gives memory back now. A drain copies pages faster than garbage is collected, and the collector counts their bytes:
 * without this it takes 40 MiB more memory and works twice as hard. What shares its memory with others is left alone.
 */
function letGo({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
