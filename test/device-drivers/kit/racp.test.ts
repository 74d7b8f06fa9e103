import { expect, test } from "vitest";
import { toHex } from "../../../device-drivers/kit/hex.ts";
import { showRacp } from "../../../device-drivers/kit/racp-fields.ts";
import {
  decodeRacpRequest,
  decodeRacpResponse,
  encodeRacpRequest,
  encodeRacpResponse,
  RacpOpCode,
  RacpOperator,
  RacpResponseCode,
} from "../../../device-drivers/kit/racp.ts";
import { octets } from "../vectors.ts";

const { reportStoredRecords, reportNumberOfStoredRecords, abortOperation } = RacpOpCode;

test("requests are written as working clients write them", () => {
  const sequence = (bounds: { minimum?: number; maximum?: number }) => ({
    type: "sequence-number" as const,
    ...bounds,
  });
  const written = [
    encodeRacpRequest({ opCode: reportStoredRecords, operator: RacpOperator.allRecords }),
    encodeRacpRequest({ opCode: reportStoredRecords, operator: RacpOperator.lastRecord }),
    encodeRacpRequest({ opCode: reportNumberOfStoredRecords, operator: RacpOperator.allRecords }),
    encodeRacpRequest({
      opCode: reportStoredRecords,
      operator: RacpOperator.greaterThanOrEqual,
      filter: sequence({ minimum: 45 }),
    }),
    encodeRacpRequest({
      opCode: reportStoredRecords,
      operator: RacpOperator.withinRange,
      filter: sequence({ minimum: 1, maximum: 258 }),
    }),
    encodeRacpRequest({ opCode: abortOperation, operator: RacpOperator.null }),
  ];
  expect(written.map(toHex)).toEqual(["0101", "0106", "0401", "0103012D00", "01040101000201", "0300"]);
});

test("a request is not written with bounds that its operator does not take", () => {
  const filter = { type: "sequence-number", minimum: 1 } as const;
  const opCode = reportStoredRecords;
  expect(() => encodeRacpRequest({ opCode, operator: RacpOperator.allRecords, filter })).toThrow(RangeError);
  expect(() => encodeRacpRequest({ opCode, operator: RacpOperator.withinRange, filter })).toThrow(RangeError);
  expect(() => encodeRacpRequest({ opCode, operator: RacpOperator.lessThanOrEqual, filter })).toThrow(RangeError);
  expect(() => encodeRacpRequest({ opCode, operator: RacpOperator.greaterThanOrEqual })).toThrow(RangeError);
});

test("a device can tell which part of a request is wrong", () => {
  const faults = {
    "0901": "Op Code",
    "0501": "Op Code",
    "0100": "Operator",
    "0107": "Operator",
    "0301": "Operator",
    "010100": "Operand",
    "010301": "Operand",
    "01030105": "Operand",
    "0103010500FF": "Operand",
    "0103030500": "Operand",
  };
  for (const [hex, field] of Object.entries(faults)) {
    expect([hex, decodeRacpRequest(octets(hex))]).toMatchObject([hex, { ok: false, error: { field } }]);
  }
  expect(decodeRacpRequest(octets("01"))).toMatchObject({ ok: false, error: { kind: "too_short" } });
  expect(decodeRacpRequest(octets("010302EA070D0C000000"))).toMatchObject({ error: { field: "Date Time", offset: 3 } });
});

test("a count comes in two octets, or in four from services with longer counters, and in no other number", () => {
  expect(decodeRacpResponse(octets("05000201"))).toEqual({
    ok: true,
    value: { type: "number-of-records", count: 258 },
  });
  expect(decodeRacpResponse(octets("050004030201"))).toMatchObject({ value: { count: 16_909_060 } });
  for (const hex of ["050001", "0500030201"]) {
    expect(decodeRacpResponse(octets(hex))).toMatchObject({ ok: false, error: { kind: "value", field: "Operand" } });
  }
  expect(toHex(encodeRacpResponse({ type: "number-of-records", count: 65_536 }))).toBe("050000000100");
});

test("the reserved response code 0, by which AgaMetrix meters end a report, is read as it is", () => {
  const response = { type: "response", requestOpCode: 1, responseCode: 0 };
  expect(decodeRacpResponse(octets("06000100"))).toEqual({ ok: true, value: response });
  expect(showRacp(octets("06000100"))).toMatchObject({ value: { responseCode: "reserved_0" } });
});

test("every response code has its name", () => {
  const shown = Object.values(RacpResponseCode).map((code) => showRacp(Uint8Array.of(6, 0, 1, code), "rx"));
  expect(shown.map((each) => (each.ok ? each.value["responseCode"] : each.error.reason))).toEqual([
    "success",
    "op_code_not_supported",
    "invalid_operator",
    "operator_not_supported",
    "invalid_operand",
    "no_records_found",
    "abort_unsuccessful",
    "procedure_not_completed",
    "operand_not_supported",
    "server_busy",
  ]);
});

test("every op code and operator has its name", () => {
  const requests = ["0102010A00", "020302E8071E", "0105", "0206", "0401", "0701", "0300", "010401010002FF"];
  const shown = requests.map((hex) => showRacp(octets(hex), "tx"));
  expect(shown.map((each) => (each.ok ? [each.value["opCode"], each.value["operator"]] : each.error.kind))).toEqual([
    ["report_stored_records", "less_than_or_equal"],
    "too_short",
    ["report_stored_records", "first_record"],
    ["delete_stored_records", "last_record"],
    ["report_number_of_stored_records", "all_records"],
    ["combined_report", "all_records"],
    ["abort_operation", "null"],
    ["report_stored_records", "within_range"],
  ]);
  expect(showRacp(octets("08000500"))).toMatchObject({
    value: { opCode: "combined_report_response", operator: "null", numberOfRecords: 5 },
  });
});

test("without a direction the op code tells a request from a response; with one it must agree", () => {
  expect(showRacp(octets("0101"))).toMatchObject({ ok: true });
  expect(showRacp(octets("06000101"))).toMatchObject({ ok: true });
  expect(showRacp(octets("0101"), "rx")).toMatchObject({ ok: false, error: { kind: "value" } });
  expect(showRacp(octets("06000101"), "tx")).toMatchObject({ ok: false, error: { kind: "value" } });
});

test("a range is shown with both its bounds, and a time as a time", () => {
  expect(showRacp(octets("0104010A001400"), "tx")).toMatchObject({ value: { filterType: 1, operand: [10, 20] } });
  expect(showRacp(octets("010302EA07050C12352B"), "tx")).toMatchObject({
    value: { filterType: 2, operand: "2026-05-12T18:53:43" },
  });
});
