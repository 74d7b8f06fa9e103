import { joined, uint16Octets } from "../octets.ts";

/** Opcodes of the Attribute Protocol (Core Vol 3 Part F 3.4.8). */
export const attOpcodes = {
  errorResponse: 0x01,
  exchangeMtuRequest: 0x02,
  exchangeMtuResponse: 0x03,
  findInformationRequest: 0x04,
  findInformationResponse: 0x05,
  findByTypeValueRequest: 0x06,
  findByTypeValueResponse: 0x07,
  readByTypeRequest: 0x08,
  readByTypeResponse: 0x09,
  readRequest: 0x0a,
  readResponse: 0x0b,
  readBlobRequest: 0x0c,
  readBlobResponse: 0x0d,
  readMultipleRequest: 0x0e,
  readMultipleResponse: 0x0f,
  readByGroupTypeRequest: 0x10,
  readByGroupTypeResponse: 0x11,
  writeRequest: 0x12,
  writeResponse: 0x13,
  prepareWriteRequest: 0x16,
  prepareWriteResponse: 0x17,
  executeWriteRequest: 0x18,
  executeWriteResponse: 0x19,
  notification: 0x1b,
  indication: 0x1d,
  confirmation: 0x1e,
  readMultipleVariableRequest: 0x20,
  readMultipleVariableResponse: 0x21,
  writeCommand: 0x52,
} as const;

/** Error codes (Core Vol 3 Part F 3.4.1.1, Core Specification Supplement Part B), and the services' own beside them. */
export const attCodes = {
  invalidHandle: 0x01,
  readNotPermitted: 0x02,
  writeNotPermitted: 0x03,
  invalidPdu: 0x04,
  insufficientAuthentication: 0x05,
  requestNotSupported: 0x06,
  invalidOffset: 0x07,
  prepareQueueFull: 0x09,
  attributeNotFound: 0x0a,
  invalidAttributeLength: 0x0d,
  unlikelyError: 0x0e,
  insufficientEncryption: 0x0f,
  unsupportedGroupType: 0x10,
  insufficientResources: 0x11,
  cccdImproperlyConfigured: 0xfd,
} as const;

/** The longest value of an attribute (3.2.9). */
export const valueOctetsMax = 512;

/** Before it is exchanged (5.2.1). */
export const defaultMtu = 23;

/** A request that cannot be answered: the handle that was at fault, and an error code. */
export class AttError extends Error {
  readonly handle: number;
  readonly code: number;

  constructor(handle: number, code: number) {
    super(`ATT error 0x${code.toString(16)} at handle ${handle}`);
    this.name = "AttError";
    this.handle = handle;
    this.code = code;
  }
}

export const attPdu = (opcode: number, ...parts: readonly ArrayLike<number>[]): Uint8Array =>
  joined([opcode], ...parts);

export const errorResponse = (requestOpcode: number, { handle, code }: Pick<AttError, "handle" | "code">): Uint8Array =>
  attPdu(attOpcodes.errorResponse, [requestOpcode], uint16Octets(handle), [code]);
