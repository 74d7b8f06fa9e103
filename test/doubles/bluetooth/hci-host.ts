import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { ByteWriter } from "../../../device-drivers/kit/byte-writer.ts";
import { h4, type HciTransport } from "../../../simulators/bluetooth/hci-transport.ts";

/** An event as a host hears it; of an LE Meta event, `code` is 0x3E00 and its subevent. */
export interface HciEvent {
  readonly code: number;
  readonly parameters: Uint8Array;
}

export interface AclData {
  readonly handle: number;
  readonly isFirst: boolean;
  readonly octets: Uint8Array;
}

const commandComplete = 0x0e;
const commandStatus = 0x0f;
const leMeta = 0x3e;

/** The lowest part of a host: one command at a time, and everything that it hears, in order. */
export class HciHost {
  readonly transport: HciTransport;
  /** Every event but the answers to commands. */
  readonly heard: HciEvent[] = [];
  readonly data: AclData[] = [];
  readonly #listeners = new Set<(event: HciEvent | null) => void>();
  readonly #dataListeners = new Set<(data: AclData) => void>();
  #answer: ((octets: Uint8Array) => void) | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(transport: HciTransport) {
    this.transport = transport;
    transport.receive((packet) => this.#take(packet));
  }

  /** Resolves with the return parameters, which begin with the status; a Command Status is its status alone. */
  command(opcode: number, ...parameters: readonly number[]): Promise<Uint8Array> {
    const answered = this.#last.then(() => this.#ask(opcode, parameters));
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  sendAcl(handle: number, boundary: number, octets: Uint8Array): void {
    const packet = new ByteWriter()
      .uint8(h4.acl)
      .uint16(handle | (boundary << 12))
      .uint16(octets.length)
      .raw(octets);
    this.transport.send(packet.bytes());
  }

  onData(listen: (data: AclData) => void): () => void {
    this.#dataListeners.add(listen);
    return () => this.#dataListeners.delete(listen);
  }

  /** Hears every event as well; null for the answer to a command. */
  onEvent(listen: (event: HciEvent | null) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** The first event of a code that fits, of those that were heard and were not taken yet; it is taken. */
  async event(code: number, fits: (parameters: Uint8Array) => boolean = () => true): Promise<Uint8Array> {
    return await this.eventOf([code], fits);
  }

  async eventOf(codes: readonly number[], fits: (parameters: Uint8Array) => boolean): Promise<Uint8Array> {
    for (;;) {
      const index = this.heard.findIndex((event) => codes.includes(event.code) && fits(event.parameters));
      const [found] = index === -1 ? [] : this.heard.splice(index, 1);
      if (found !== undefined) return found.parameters;
      await new Promise<void>((resolve) => {
        const stop = this.onEvent(() => {
          stop();
          resolve();
        });
      });
    }
  }

  #ask(opcode: number, parameters: readonly number[]): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      const packet = new ByteWriter().uint8(h4.command).uint16(opcode).uint8(parameters.length).raw(parameters);
      this.transport.send(packet.bytes());
    });
  }

  #take(packet: Uint8Array): void {
    if (packet[0] === h4.event) this.#event(packet[1] ?? 0, packet.slice(3));
    else if (packet[0] === h4.acl) this.#acl(new ByteReader(packet, 1));
  }

  #acl(reader: ByteReader): void {
    const header = reader.uint16();
    reader.skip(2);
    const data = { handle: header & 0x0fff, isFirst: ((header >> 12) & 0b11) === 0b10, octets: reader.rest() };
    this.data.push(data);
    for (const listen of this.#dataListeners) listen(data);
  }

  #event(code: number, parameters: Uint8Array): void {
    const isAnswer = code === commandComplete || code === commandStatus;
    const event = isAnswer ? null : heardEvent(code, parameters);
    if (event !== null) this.heard.push(event);
    else this.#answer?.(code === commandComplete ? parameters.slice(3) : parameters.slice(0, 1));
    for (const listener of this.#listeners) listener(event);
  }
}

const heardEvent = (code: number, parameters: Uint8Array): HciEvent =>
  code === leMeta ? { code: 0x3e00 + (parameters[0] ?? 0), parameters: parameters.slice(1) } : { code, parameters };
