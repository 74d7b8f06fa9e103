import { ByteReader } from "../../../device-drivers/kit/byte-reader.ts";
import { gattErrors } from "../../../device-drivers/ports/gatt-error.ts";
import { uint16At, uint16Octets } from "../octets.ts";
import { attCodes, AttError, attOpcodes, attPdu, defaultMtu, errorResponse } from "./att-pdu.ts";
import type { AttributeAccess } from "./attribute-access.ts";
import { configurationBits } from "./attribute-access.ts";
import {
  type AttRequest,
  findByTypeValue,
  findInformation,
  readByGroupType,
  readByType,
} from "./discovery-requests.ts";
import { PreparedWrites } from "./prepared-writes.ts";
import {
  executeWrite,
  type LongRead,
  prepareWrite,
  read,
  readBlob,
  readMultiple,
  readMultipleVariable,
  write,
} from "./value-requests.ts";

export interface AttServerPorts {
  readonly access: AttributeAccess;
  /** Sends a PDU on the ATT channel. PDUs go in order. */
  readonly send: (pdu: Uint8Array) => void;
  /** The largest MTU that the device takes. */
  readonly mtuMax: number;
}

/** What a device sends of itself. `confirmed` is called when the client has confirmed it; null for a notification. */
export interface SentValue {
  readonly handle: number;
  readonly value: Uint8Array;
  readonly confirmed: (() => void) | null;
}

/** A client has one request under way (3.3.2); what is sent beyond this bound is no client's doing, and is dropped. */
const waitingPdusMax = 16;

/** How many octets may follow the opcode of each request: from, to. */
const parameterOctets: Readonly<Record<number, readonly [number, number]>> = {
  [attOpcodes.exchangeMtuRequest]: [2, 2],
  [attOpcodes.findInformationRequest]: [4, 4],
  [attOpcodes.findByTypeValueRequest]: [6, Number.POSITIVE_INFINITY],
  [attOpcodes.readByTypeRequest]: [6, 20],
  [attOpcodes.readRequest]: [2, 2],
  [attOpcodes.readBlobRequest]: [4, 4],
  [attOpcodes.readMultipleRequest]: [4, Number.POSITIVE_INFINITY],
  [attOpcodes.readByGroupTypeRequest]: [6, 20],
  [attOpcodes.writeRequest]: [2, Number.POSITIVE_INFINITY],
  [attOpcodes.prepareWriteRequest]: [4, Number.POSITIVE_INFINITY],
  [attOpcodes.executeWriteRequest]: [1, 1],
  [attOpcodes.readMultipleVariableRequest]: [4, Number.POSITIVE_INFINITY],
};

/** The Attribute Protocol's server for one connection (Core Vol 3 Part F). */
export class AttServer {
  readonly #ports: AttServerPorts;
  readonly #waiting: Uint8Array[] = [];
  readonly #prepared = new PreparedWrites();
  readonly #indications: SentValue[] = [];
  #mtu = defaultMtu;
  /** The value that is being read in parts; a write may make another of it. */
  #long: LongRead | null = null;
  #isAnswering = false;
  #isEnded = false;

  constructor(ports: AttServerPorts) {
    this.#ports = ports;
  }

  get mtu(): number {
    return this.#mtu;
  }

  receive(pdu: Uint8Array): void {
    const opcode = pdu[0];
    if (this.#isEnded || opcode === undefined) return;
    if (opcode === attOpcodes.confirmation) this.#confirm();
    // A client's own values are confirmed and forgotten: a meter is no client.
    else if (opcode === attOpcodes.indication) this.#ports.send(attPdu(attOpcodes.confirmation));
    else if (isRequest(opcode) || opcode === attOpcodes.writeCommand) this.#queue(pdu);
  }

  /** Sends a value that the client has switched on, cut to what fits (3.4.7.1); false where it has not. */
  sendValue(sent: SentValue): boolean {
    const { access } = this.#ports;
    const configuration = access.database.configurationHandle(sent.handle);
    const bits = configuration === null ? 0 : access.configuration(configuration);
    const wanted = sent.confirmed === null ? configurationBits.notify : configurationBits.indicate;
    if (this.#isEnded || (bits & wanted) === 0) return false;
    if (sent.confirmed === null) {
      this.#sendNow(attOpcodes.notification, sent);
    } else {
      this.#indications.push(sent);
      if (this.#indications.length === 1) this.#sendNow(attOpcodes.indication, sent);
    }
    return true;
  }

  end(): void {
    this.#isEnded = true;
    this.#waiting.length = 0;
    this.#indications.length = 0;
  }

  #sendNow(opcode: number, { handle, value }: SentValue): void {
    this.#ports.send(attPdu(opcode, uint16Octets(handle), value.subarray(0, this.#mtu - 3)));
  }

  /** One indication is outstanding at a time (3.3.2). A confirmation of nothing means nothing. */
  #confirm(): void {
    const confirmed = this.#indications.shift();
    const [next] = this.#indications;
    if (next !== undefined) this.#sendNow(attOpcodes.indication, next);
    confirmed?.confirmed?.();
  }

  #queue(pdu: Uint8Array): void {
    if (this.#waiting.length >= waitingPdusMax) return;
    this.#waiting.push(pdu);
    if (!this.#isAnswering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    for (let pdu = this.#waiting.shift(); pdu !== undefined; pdu = this.#waiting.shift()) {
      const answer = await this.#answer(pdu);
      if (answer !== null && !this.#isEnded) this.#ports.send(answer);
    }
    this.#isAnswering = false;
  }

  /** Null where nothing is answered: to a command, and when the device has gone. */
  async #answer(pdu: Uint8Array): Promise<Uint8Array | null> {
    const opcode = pdu[0] ?? 0;
    try {
      return await this.#perform(opcode, pdu.subarray(1));
    } catch (error) {
      if (error instanceof AttError) return opcode === attOpcodes.writeCommand ? null : errorResponse(opcode, error);
      // The link has ended below, and says so itself.
      if (gattErrors.is(error)) return null;
      throw error;
    }
  }

  async #perform(opcode: number, parameters: Uint8Array): Promise<Uint8Array | null> {
    checkLength(opcode, parameters.length, this.#mtu);
    const request: AttRequest = { parameters, mtu: this.#mtu, access: this.#ports.access };
    switch (opcode) {
      case attOpcodes.exchangeMtuRequest:
        return this.#exchangeMtu(parameters);
      case attOpcodes.findInformationRequest:
        return findInformation(request);
      case attOpcodes.findByTypeValueRequest:
        return findByTypeValue(request);
      case attOpcodes.readByTypeRequest:
        return await readByType(request);
      case attOpcodes.readByGroupTypeRequest:
        return readByGroupType(request);
      case attOpcodes.readRequest:
        return this.#keepLong(await read(request));
      case attOpcodes.readBlobRequest:
        return this.#keepLong(await readBlob(request, this.#long));
      case attOpcodes.readMultipleRequest:
        return await readMultiple(request);
      case attOpcodes.readMultipleVariableRequest:
        return await readMultipleVariable(request);
      case attOpcodes.writeRequest:
        this.#long = null;
        return await write(request);
      case attOpcodes.writeCommand:
        return await this.#obey(parameters);
      case attOpcodes.prepareWriteRequest:
        return prepareWrite(request, this.#prepared);
      case attOpcodes.executeWriteRequest:
        this.#long = null;
        return await executeWrite(request, this.#prepared);
      default:
        throw new AttError(0, attCodes.requestNotSupported);
    }
  }

  #exchangeMtu(parameters: Uint8Array): Uint8Array {
    const mtuMax = Math.max(defaultMtu, this.#ports.mtuMax);
    this.#mtu = Math.max(defaultMtu, Math.min(mtuMax, uint16At(parameters, 0)));
    return attPdu(attOpcodes.exchangeMtuResponse, uint16Octets(mtuMax));
  }

  #keepLong({ response, long }: { readonly response: Uint8Array; readonly long: LongRead }): Uint8Array {
    this.#long = long;
    return response;
  }

  async #obey(parameters: Uint8Array): Promise<null> {
    const { access } = this.#ports;
    const reader = new ByteReader(parameters);
    if (reader.remaining < 2) return null;
    await access.write(access.attribute(reader.uint16()), reader.rest(), "write-without-response");
    return null;
  }
}

/** Requests are even; a command has bit 6 set, and what a server sends is odd, or the confirmation (3.3.1). */
const isRequest = (opcode: number): boolean => opcode % 2 === 0 && (opcode & 0x40) === 0;

function checkLength(opcode: number, octets: number, mtu: number): void {
  const bounds = parameterOctets[opcode];
  if (bounds === undefined) return;
  const [from, to] = bounds;
  const hasType = opcode === attOpcodes.readByTypeRequest || opcode === attOpcodes.readByGroupTypeRequest;
  const hasHandles = opcode === attOpcodes.readMultipleRequest || opcode === attOpcodes.readMultipleVariableRequest;
  const isWrong =
    octets < from ||
    octets > Math.min(to, mtu - 1) ||
    (hasType && octets !== from && octets !== to) ||
    (hasHandles && octets % 2 !== 0);
  if (isWrong) throw new AttError(0, attCodes.invalidPdu);
}
