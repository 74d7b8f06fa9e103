import {
  decodeRacpRequest,
  decodeRacpResponse,
  encodeRacpResponse,
  RacpOpCode,
  RacpOperator,
  RacpResponseCode,
} from "../../device-drivers/kit/racp.ts";
import type { RacpFilter, RacpRequest } from "../../device-drivers/kit/racp.ts";
import { decodeRecordSegment } from "../../device-drivers/profiles/blood-pressure/record-codec.ts";
import { decodeGlucoseContext } from "../../device-drivers/profiles/glucose/context-codec.ts";
import { decodeGlucoseMeasurement } from "../../device-drivers/profiles/glucose/measurement-codec.ts";
import type { GattCharacteristic } from "../../device-drivers/ports/gatt.ts";
import type { ReplayScript, Sent } from "./replay-script.ts";

type Value = Extract<Sent, { readonly type: "value" }>;

/**
 * The records that a session showed, as the memory of the device that showed them: so a request that the session does not
 * hold is answered with those of them that it asks for.
 */
export class RecordMemory {
  readonly #controlPoint: number;
  /** Of each record, all that was sent of it, in order. */
  readonly #records = new Map<number, Value[]>();

  constructor(script: ReplayScript, characteristics: readonly GattCharacteristic[], controlPoint: number) {
    this.#controlPoint = controlPoint;
    const uuids = new Map(characteristics.map(({ handle, uuid }) => [handle, uuid]));
    const seen = new Set<string>();
    for (const { sent } of script.writesTo.get(controlPoint) ?? []) {
      for (const item of sent) {
        const number = item.type === "value" ? recordNumber(uuids.get(item.handle) ?? "", item.value) : null;
        if (item.type !== "value" || number === null) continue;
        const key = `${item.handle} ${item.value.join()}`;
        // A record that was asked for twice is in the memory once.
        if (!seen.has(key)) this.#records.set(number, [...(this.#records.get(number) ?? []), item]);
        seen.add(key);
      }
    }
  }

  /** What the device sends for a request that was not recorded. */
  answer(request: Uint8Array): readonly Sent[] {
    const decoded = decodeRacpRequest(request);
    if (!decoded.ok) return [this.#response(request[0] ?? 0, RacpResponseCode.invalidOperand)];
    const { opCode } = decoded.value;
    if (opCode === RacpOpCode.abortOperation) return [this.#response(opCode, RacpResponseCode.success)];
    const records = this.#asked(decoded.value);
    if (records === null) return [this.#response(opCode, RacpResponseCode.operatorNotSupported)];
    if (opCode === RacpOpCode.reportNumberOfStoredRecords) {
      return [this.#indication(encodeRacpResponse({ type: "number-of-records", count: records.length }))];
    }
    if (opCode !== RacpOpCode.reportStoredRecords) return [this.#response(opCode, RacpResponseCode.opCodeNotSupported)];
    const code = records.length === 0 ? RacpResponseCode.noRecordsFound : RacpResponseCode.success;
    return [...records.flat(), this.#response(opCode, code)];
  }

  #asked({ operator, filter }: RacpRequest): readonly (readonly Value[])[] | null {
    const records = [...this.#records.values()];
    if (filter !== undefined) return filter.type === "sequence-number" ? this.#within(filter) : null;
    if (operator === RacpOperator.firstRecord) return records.slice(0, 1);
    if (operator === RacpOperator.lastRecord) return records.slice(-1);
    return records;
  }

  #within({
    minimum = 0,
    maximum = 0xffff,
  }: Extract<RacpFilter, { type: "sequence-number" }>): readonly (readonly Value[])[] {
    return Array.from(this.#records).flatMap(([number, values]) =>
      number >= minimum && number <= maximum ? [values] : [],
    );
  }

  #response(requestOpCode: number, responseCode: number): Sent {
    return this.#indication(encodeRacpResponse({ type: "response", requestOpCode, responseCode }));
  }

  #indication(value: Uint8Array): Sent {
    return { type: "value", handle: this.#controlPoint, confirmed: true, value, afterMs: 0 };
  }
}

/** Does the session show how such a request ends: with an answer, or with the link? */
export const isAnswered = (sent: readonly Sent[], controlPoint: number): boolean =>
  sent.some((item) => item.type === "hang-up" || (item.handle === controlPoint && decodeRacpResponse(item.value).ok));

/** The record that a frame belongs to; null for a frame of none. */
function recordNumber(uuid: string, value: Uint8Array): number | null {
  const decode = decoders[uuid];
  const decoded = decode?.(value);
  return decoded?.ok === true ? decoded.value.sequenceNumber : null;
}

const decoders: Readonly<
  Record<string, typeof decodeGlucoseMeasurement | typeof decodeGlucoseContext | typeof decodeRecordSegment>
> = { "2A18": decodeGlucoseMeasurement, "2A34": decodeGlucoseContext, "2B36": decodeRecordSegment };
