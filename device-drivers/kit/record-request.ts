import { encodeRacpRequest, RacpOpCode, RacpOperator, type RacpRequest } from "./racp.ts";

/**
 * All that a driver may ask of a Record Access Control Point. That a meter is never told to delete is so by
 * construction: this type has no word for it, and no other module of the drivers encodes a request.
 */
export type RecordRequest =
  | { readonly type: "count" }
  | { readonly type: "report"; readonly records: RequestedRecords }
  | { readonly type: "abort" };

/** All, the last that was made, or those with this sequence number or a higher one. */
export type RequestedRecords = "all" | "newest" | { readonly from: number };

export const encodeRecordRequest = (request: RecordRequest): Uint8Array => encodeRacpRequest(racpRequestOf(request));

function racpRequestOf(request: RecordRequest): RacpRequest {
  if (request.type === "abort") return { opCode: RacpOpCode.abortOperation, operator: RacpOperator.null };
  if (request.type === "count") {
    return { opCode: RacpOpCode.reportNumberOfStoredRecords, operator: RacpOperator.allRecords };
  }
  const { records } = request;
  const opCode = RacpOpCode.reportStoredRecords;
  if (records === "all") return { opCode, operator: RacpOperator.allRecords };
  if (records === "newest") return { opCode, operator: RacpOperator.lastRecord };
  const filter = { type: "sequence-number", minimum: records.from } as const;
  return { opCode, operator: RacpOperator.greaterThanOrEqual, filter };
}
