import type { DeviceDateTime } from "../measurement/device-time.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { dateTimeAt, dateTimeFault, dateTimeOctets, encodeDateTime } from "./date-time.ts";
import type { DecodeFault } from "./decode-fault.ts";
import { tooShort, valueFault } from "./frame-fault.ts";
import { fail, ok } from "./result.ts";
import type { Result } from "./result.ts";

/** Record Access Control Point (2A52): one request is written, one response comes back as an indication. */
export const RacpOpCode = {
  reportStoredRecords: 0x01,
  deleteStoredRecords: 0x02,
  abortOperation: 0x03,
  reportNumberOfStoredRecords: 0x04,
  numberOfStoredRecordsResponse: 0x05,
  responseCode: 0x06,
  combinedReport: 0x07,
  combinedReportResponse: 0x08,
} as const;
export type RacpOpCode = (typeof RacpOpCode)[keyof typeof RacpOpCode];
export type RacpRequestOpCode = Exclude<RacpOpCode, 0x05 | 0x06 | 0x08>;

export const RacpOperator = {
  null: 0x00,
  allRecords: 0x01,
  lessThanOrEqual: 0x02,
  greaterThanOrEqual: 0x03,
  withinRange: 0x04,
  firstRecord: 0x05,
  lastRecord: 0x06,
} as const;
export type RacpOperator = (typeof RacpOperator)[keyof typeof RacpOperator];

export const RacpResponseCode = {
  success: 0x01,
  opCodeNotSupported: 0x02,
  invalidOperator: 0x03,
  operatorNotSupported: 0x04,
  invalidOperand: 0x05,
  noRecordsFound: 0x06,
  abortUnsuccessful: 0x07,
  procedureNotCompleted: 0x08,
  operandNotSupported: 0x09,
  serverBusy: 0x0a,
} as const;
export type RacpResponseCode = (typeof RacpResponseCode)[keyof typeof RacpResponseCode];

/** `greaterThanOrEqual` has the minimum only, `lessThanOrEqual` the maximum only, `withinRange` both, inclusive. */
export type RacpFilter =
  | { readonly type: "sequence-number"; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: "user-facing-time"; readonly minimum?: DeviceDateTime; readonly maximum?: DeviceDateTime };

export interface RacpRequest {
  readonly opCode: RacpRequestOpCode;
  readonly operator: RacpOperator;
  /** There for the three comparing operators and for no other: meters reject a superfluous operand. */
  readonly filter?: RacpFilter;
}

/** Codes are plain numbers here: AgaMetrix meters end a report with the reserved response code 0. */
export type RacpResponse =
  | { readonly type: "number-of-records"; readonly count: number }
  | { readonly type: "response"; readonly requestOpCode: number; readonly responseCode: number }
  /** The end of a combined report, with the number of records that were sent. */
  | { readonly type: "combined-report"; readonly count: number };

/** Throws `RangeError` for an operand that its operator does not take. */
export function encodeRacpRequest({ opCode, operator, filter }: RacpRequest): Uint8Array {
  const writer = new ByteWriter().uint8(opCode).uint8(operator);
  const bounds = boundsOf(operator);
  if (bounds.length === 0 && filter !== undefined) throw new RangeError(`Operator ${operator} takes no operand.`);
  if (bounds.length === 0) return writer.bytes();
  if (filter === undefined) throw new RangeError(`Operator ${operator} needs an operand.`);
  const given = (["minimum", "maximum"] as const).filter((bound) => filter[bound] !== undefined);
  if (given.join() !== bounds.join()) {
    throw new RangeError(`Operator ${operator} takes ${bounds.join(" and ")}, not ${given.join(" and ")}.`);
  }
  writer.uint8(filterType[filter.type]);
  for (const bound of bounds) writeBound(writer, filter[bound]);
  return writer.bytes();
}

/**
 * What a device makes of a write. Faults name the field, so that the device can choose its response code:
 * "Op Code", "Operator" or "Operand". A superfluous operand is a fault, as it is to real meters.
 */
export function decodeRacpRequest(bytes: Uint8Array): Result<RacpRequest, DecodeFault> {
  if (bytes.length < 2) return fail(tooShort("A Record Access request", bytes, 2));
  const opCode = requestOpCodes.find((code) => code === bytes[0]);
  if (opCode === undefined) return fail(valueFault("Op Code", `${bytes[0]} is not the op code of a request.`, 0));
  const operator = operators.find((code) => code === bytes[1]);
  const operatorFits = (operator === RacpOperator.null) === (opCode === RacpOpCode.abortOperation);
  if (operator === undefined || !operatorFits) {
    return fail(valueFault("Operator", `Op code ${opCode} does not go with operator ${bytes[1]}.`, 1));
  }
  const bounds = boundsOf(operator);
  if (bounds.length > 0) return decodeFilter(bytes, { opCode, operator });
  if (bytes.length === 2) return ok({ opCode, operator });
  return fail({ kind: "too_long", field: "Operand", reason: `Operator ${operator} takes no operand.`, offset: 2 });
}

/** Octets after the operand are ignored. A request's op code is a `value` fault here: a device never sends one. */
export function decodeRacpResponse(bytes: Uint8Array): Result<RacpResponse, DecodeFault> {
  const opCode = bytes[0];
  if (opCode === undefined) return fail(tooShort("A Record Access response", bytes, 3));
  const isNumber = opCode === RacpOpCode.numberOfStoredRecordsResponse;
  const isCombined = opCode === RacpOpCode.combinedReportResponse;
  if (!isNumber && !isCombined && opCode !== RacpOpCode.responseCode) {
    return fail(valueFault("Op Code", `${opCode} is not the op code of a response.`, 0));
  }
  if (bytes.length < 3) return fail(tooShort("A Record Access response", bytes, isNumber ? 4 : 3));
  if (bytes[1] !== RacpOperator.null) {
    return fail(valueFault("Operator", `A response has the operator null, not ${bytes[1]}.`, 1));
  }
  const reader = new ByteReader(bytes, 2);
  if (opCode === RacpOpCode.responseCode) {
    if (bytes.length < 4) return fail(tooShort("A Record Access response code", bytes, 4));
    return ok({ type: "response", requestOpCode: reader.uint8(), responseCode: reader.uint8() });
  }
  const count = readCount(reader);
  if (count === null) {
    return fail(valueFault("Operand", `A number of records is a uint16 or uint32, not ${reader.remaining} octets.`, 2));
  }
  return ok({ type: isNumber ? "number-of-records" : "combined-report", count });
}

/** The count is a uint16; beyond that, a uint32 as the services with longer counters send it. */
export function encodeRacpResponse(response: RacpResponse): Uint8Array {
  const writer = new ByteWriter();
  if (response.type === "response") {
    const { requestOpCode, responseCode } = response;
    return writer
      .uint8(RacpOpCode.responseCode)
      .uint8(RacpOperator.null)
      .uint8(requestOpCode)
      .uint8(responseCode)
      .bytes();
  }
  const isNumber = response.type === "number-of-records";
  writer.uint8(isNumber ? RacpOpCode.numberOfStoredRecordsResponse : RacpOpCode.combinedReportResponse);
  writer.uint8(RacpOperator.null);
  if (response.count > 0xffff) writer.uint32(response.count);
  else writer.uint16(response.count);
  return writer.bytes();
}

const filterType = { "sequence-number": 0x01, "user-facing-time": 0x02 } as const;

const operators = Object.values(RacpOperator);

const requestOpCodes = [
  RacpOpCode.reportStoredRecords,
  RacpOpCode.deleteStoredRecords,
  RacpOpCode.abortOperation,
  RacpOpCode.reportNumberOfStoredRecords,
  RacpOpCode.combinedReport,
] as const satisfies readonly RacpRequestOpCode[];

type Bound = "minimum" | "maximum";

/** The bounds that follow the filter type, in the order of the wire. */
function boundsOf(operator: RacpOperator): readonly Bound[] {
  if (operator === RacpOperator.lessThanOrEqual) return ["maximum"];
  if (operator === RacpOperator.greaterThanOrEqual) return ["minimum"];
  return operator === RacpOperator.withinRange ? ["minimum", "maximum"] : [];
}

function writeBound(writer: ByteWriter, bound: number | DeviceDateTime | undefined): void {
  if (typeof bound === "number") writer.uint16(bound);
  else if (bound !== undefined) writer.raw(encodeDateTime(bound));
}

function decodeFilter(
  bytes: Uint8Array,
  request: Pick<RacpRequest, "opCode" | "operator">,
): Result<RacpRequest, DecodeFault> {
  const bounds = boundsOf(request.operator);
  const isTime = bytes[2] === filterType["user-facing-time"];
  if (bytes.length > 2 && !isTime && bytes[2] !== filterType["sequence-number"]) {
    return fail(valueFault("Operand", `${bytes[2]} is not a filter type.`, 2));
  }
  const boundOctets = isTime ? dateTimeOctets : 2;
  const required = 3 + bounds.length * boundOctets;
  if (bytes.length < required) return fail({ ...tooShort("The request", bytes, required), field: "Operand" });
  if (bytes.length > required) {
    return fail({
      kind: "too_long",
      field: "Operand",
      reason: `The operand ends at octet ${required}.`,
      offset: required,
    });
  }
  if (!isTime) {
    const reader = new ByteReader(bytes, 3);
    return ok({ ...request, filter: { type: "sequence-number", ...byBound(bounds, () => reader.uint16()) } });
  }
  const times = bounds.map((_, index) => dateTimeAt(bytes, 3 + index * dateTimeOctets));
  const known = times.filter((time) => time !== "invalid");
  if (known.length < times.length) return fail(dateTimeFault(bytes, 3 + times.indexOf("invalid") * dateTimeOctets));
  return ok({ ...request, filter: { type: "user-facing-time", ...byBound(bounds, (index) => known[index]) } });
}

/** One value for each bound, taken in the order of the wire. */
function byBound<T>(bounds: readonly Bound[], take: (index: number) => T | undefined): { minimum?: T; maximum?: T } {
  const values: { minimum?: T; maximum?: T } = {};
  for (const [index, bound] of bounds.entries()) {
    const value = take(index);
    if (value !== undefined) values[bound] = value;
  }
  return values;
}

function readCount(reader: ByteReader): number | null {
  if (reader.remaining === 2) return reader.uint16();
  return reader.remaining === 4 ? reader.uint32() : null;
}
