import type { DeviceDateTime } from "../measurement/device-time.ts";
import { dateTimeText } from "../measurement/device-time.ts";
import type { DecodeFault } from "./decode-fault.ts";
import { showFrame } from "./decoded-fields.ts";
import type { DecodedFields, FieldValue } from "./decoded-fields.ts";
import { nameOf } from "./name-table.ts";
import { decodeRacpRequest, decodeRacpResponse, RacpOpCode, RacpOperator, RacpResponseCode } from "./racp.ts";
import type { RacpRequest, RacpResponse } from "./racp.ts";
import type { Result } from "./result.ts";

type Fields = Readonly<Record<string, FieldValue | undefined>>;

/**
 * A value of the Record Access Control Point. `rx` came from the device and must be a response, `tx` was written to it
 * and must be a request; without a direction the op code tells which it is.
 */
export function showRacp(bytes: Uint8Array, direction?: "rx" | "tx"): Result<DecodedFields, DecodeFault> {
  const isResponse = direction === undefined ? responseOpCodes.has(bytes[0] ?? 0) : direction === "rx";
  return isResponse
    ? showFrame(decodeRacpResponse(bytes), responseFields)
    : showFrame(decodeRacpRequest(bytes), requestFields);
}

const responseOpCodes: ReadonlySet<number> = new Set([
  RacpOpCode.numberOfStoredRecordsResponse,
  RacpOpCode.responseCode,
  RacpOpCode.combinedReportResponse,
]);

function requestFields({ opCode, operator, filter }: RacpRequest): Fields {
  const operands = filter === undefined ? [] : [filter.minimum, filter.maximum].flatMap(operandOf);
  return {
    opCode: nameOf(opCodeNames, opCode),
    operator: nameOf(operatorNames, operator),
    filterType: filter === undefined ? undefined : filterTypes[filter.type],
    operand: operands.length > 1 ? operands : operands[0],
  };
}

const filterTypes = { "sequence-number": 1, "user-facing-time": 2 };

function operandOf(bound: number | DeviceDateTime | undefined): readonly (string | number)[] {
  if (bound === undefined) return [];
  return [typeof bound === "number" ? bound : dateTimeText(bound)];
}

function responseFields(response: RacpResponse): Fields {
  const operator = nameOf(operatorNames, RacpOperator.null);
  if (response.type === "response") {
    return {
      opCode: nameOf(opCodeNames, RacpOpCode.responseCode),
      operator,
      requestOpCode: response.requestOpCode,
      responseCode: nameOf(responseCodeNames, response.responseCode),
    };
  }
  const isNumber = response.type === "number-of-records";
  return {
    opCode: nameOf(
      opCodeNames,
      isNumber ? RacpOpCode.numberOfStoredRecordsResponse : RacpOpCode.combinedReportResponse,
    ),
    operator,
    numberOfRecords: response.count,
  };
}

/** The names of a code table by their code, in snake case. */
const namesByCode = (codes: Readonly<Record<string, number>>): Readonly<Record<number, string>> =>
  Object.fromEntries(
    Object.entries(codes).map(([name, code]) => [
      code,
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    ]),
  );

const opCodeNames = namesByCode(RacpOpCode);
const operatorNames = namesByCode(RacpOperator);
const responseCodeNames = namesByCode(RacpResponseCode);
