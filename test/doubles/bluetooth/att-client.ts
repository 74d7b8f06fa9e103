import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";

/** The peer refused a request (Core Vol 3 Part F 3.4.1.1). */
export class AttRefusal extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`refused with ATT error 0x${code.toString(16).padStart(2, "0")}`);
    this.name = "AttRefusal";
    this.code = code;
  }
}

export interface AttValue {
  readonly handle: number;
  readonly value: Uint8Array;
  readonly isIndication: boolean;
}

/** A row of a discovery: a handle, and what the response says of it. */
export interface AttRow {
  readonly handle: number;
  readonly octets: Uint8Array;
}

const opcodes = {
  error: 0x01,
  mtuRequest: 0x02,
  readByType: 0x08,
  read: 0x0a,
  readBlob: 0x0c,
  readByGroup: 0x10,
  write: 0x12,
  notification: 0x1b,
  indication: 0x1d,
  confirmation: 0x1e,
} as const;

/** An ATT client, one request at a time (Core Vol 3 Part F). It confirms indications at once, unless told otherwise. */
export class AttClient {
  readonly values: AttValue[] = [];
  /** Confirm indications as they come? */
  confirms = true;
  mtu = 23;
  readonly #send: (pdu: Uint8Array) => void;
  readonly #listeners = new Set<() => void>();
  #answer: { readonly take: (pdu: Uint8Array) => void; readonly fail: (error: Error) => void } | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #end: Error | null = null;

  constructor(send: (pdu: Uint8Array) => void) {
    this.#send = send;
  }

  /** Sends a request as it is; resolves with the response. Rejects with an `AttRefusal`. */
  request(pdu: Uint8Array): Promise<Uint8Array> {
    const answered = this.#last.then(() => this.#ask(pdu));
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  async exchangeMtu(mtu: number): Promise<number> {
    const answer = await this.request(new ByteWriter().uint8(opcodes.mtuRequest).uint16(mtu).bytes());
    this.mtu = Math.max(23, Math.min(mtu, new ByteReader(answer, 1).uint16()));
    return this.mtu;
  }

  /** A whole value, however long. */
  async read(handle: number): Promise<Uint8Array> {
    const parts = [(await this.request(new ByteWriter().uint8(opcodes.read).uint16(handle).bytes())).slice(1)];
    let length = parts[0]?.length ?? 0;
    while (length > 0 && length % (this.mtu - 1) === 0) {
      const pdu = new ByteWriter().uint8(opcodes.readBlob).uint16(handle).uint16(length).bytes();
      const part = (await this.request(pdu)).slice(1);
      if (part.length === 0) break;
      parts.push(part);
      length += part.length;
    }
    return Uint8Array.from(Buffer.concat(parts));
  }

  async write(handle: number, value: Uint8Array): Promise<void> {
    await this.request(new ByteWriter().uint8(opcodes.write).uint16(handle).raw(value).bytes());
  }

  /** Every primary service: the octets are its last handle and its UUID. */
  async services(): Promise<readonly AttRow[]> {
    return await this.#rows(opcodes.readByGroup, 0x2800);
  }

  /** Every characteristic declaration: properties, value handle and UUID. */
  async characteristics(): Promise<readonly AttRow[]> {
    return await this.#rows(opcodes.readByType, 0x2803);
  }

  confirm(): void {
    this.#send(Uint8Array.of(opcodes.confirmation));
  }

  /** The next value that fits; it is taken. */
  async value(fits: (value: AttValue) => boolean = () => true): Promise<AttValue> {
    for (;;) {
      const index = this.values.findIndex(fits);
      const [found] = index === -1 ? [] : this.values.splice(index, 1);
      if (found !== undefined) return found;
      if (this.#end !== null) throw this.#end;
      await new Promise<void>((resolve) => {
        const woken = (): void => {
          this.#listeners.delete(woken);
          resolve();
        };
        this.#listeners.add(woken);
      });
    }
  }

  take(pdu: Uint8Array): void {
    const [opcode] = pdu;
    if (opcode === opcodes.notification || opcode === opcodes.indication) this.#arrive(pdu);
    else if (opcode === opcodes.error) this.#answer?.fail(new AttRefusal(pdu[4] ?? 0));
    else this.#answer?.take(pdu);
  }

  end(reason: number): void {
    this.#end = new Error(`the link ended with 0x${reason.toString(16)}`);
    this.#answer?.fail(this.#end);
    for (const listener of this.#listeners) listener();
  }

  async #rows(opcode: number, uuid: number): Promise<readonly AttRow[]> {
    const rows: AttRow[] = [];
    for (let start = 1; start <= 0xffff;) {
      const pdu = new ByteWriter().uint8(opcode).uint16(start).uint16(0xffff).uint16(uuid).bytes();
      const page = await this.request(pdu).catch((error: unknown) => {
        if (error instanceof AttRefusal && error.code === 0x0a) return null;
        throw error;
      });
      const found = page === null ? [] : readRows(page);
      rows.push(...found);
      const last = found.at(-1);
      if (last === undefined) break;
      start = 1 + (opcode === opcodes.readByGroup ? new ByteReader(last.octets).uint16() : last.handle);
    }
    return rows;
  }

  #ask(pdu: Uint8Array): Promise<Uint8Array> {
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#answer = { take: resolve, fail: reject };
      this.#send(pdu);
    });
  }

  #arrive(pdu: Uint8Array): void {
    const reader = new ByteReader(pdu, 1);
    const isIndication = pdu[0] === opcodes.indication;
    this.values.push({ handle: reader.uint16(), value: reader.rest(), isIndication });
    if (isIndication && this.confirms) this.confirm();
    for (const listener of this.#listeners) listener();
  }
}

/** A list response: the length of each row, then the rows. */
function readRows(page: Uint8Array): readonly AttRow[] {
  const length = Math.max(3, page[1] ?? 0);
  const count = Math.floor((page.length - 2) / length);
  return Array.from({ length: count }, (_, index) => {
    const start = 2 + index * length;
    const reader = new ByteReader(page.subarray(start, start + length));
    return { handle: reader.uint16(), octets: reader.rest() };
  });
}
