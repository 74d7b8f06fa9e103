import { encodeRacpRequest, RacpOpCode, RacpOperator, type RacpRequest } from "./racp.ts";

/**
 * All that a driver may ask of a Record Access Control Point. That a meter is never told to delete is so by
 * construction: this type has no word for it, and no other module of the drivers encodes a request.
 */
export type RecordRequest =
  | { readonly type: "count" }
  /** Those with this sequence number or a higher one; all if it is null. */
  | { readonly type: "report"; readonly from: number | null }
  | { readonly type: "abort" };

export const encodeRecordRequest = (request: RecordRequest): Uint8Array => encodeRacpRequest(racpRequestOf(request));

function racpRequestOf(request: RecordRequest): RacpRequest {
  if (request.type === "abort") return { opCode: RacpOpCode.abortOperation, operator: RacpOperator.null };
  if (request.type === "count") {
    return { opCode: RacpOpCode.reportNumberOfStoredRecords, operator: RacpOperator.allRecords };
  }
  const { from: minimum } = request;
  const opCode = RacpOpCode.reportStoredRecords;
  if (minimum === null) return { opCode, operator: RacpOperator.allRecords };
  return { opCode, operator: RacpOperator.greaterThanOrEqual, filter: { type: "sequence-number", minimum } };
}
