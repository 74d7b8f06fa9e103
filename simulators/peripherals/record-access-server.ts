import {
  decodeRacpRequest,
  encodeRacpResponse,
  type RacpFilter,
  RacpOpCode,
  RacpOperator,
  type RacpRequest,
  type RacpResponse,
  RacpResponseCode,
} from "../../device-drivers/kit/racp.ts";
import { fail, ok } from "../../device-drivers/kit/result.ts";
import { dateTimeText, type DeviceDateTime } from "../../device-drivers/measurement/device-time.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { attErrors, type AttResult, type PeripheralLink } from "./virtual-peripheral.ts";

/** What a Record Access Control Point (2A52) does, and how it may fail to. */
export interface RecordAccessOptions {
  /** Others are answered "Operator not supported". */
  readonly operators: readonly RacpOperator[];
  /** Others are answered "Op code not supported". */
  readonly opCodes: readonly number[];
  /** Others are answered "Operand not supported". */
  readonly filters: readonly ("sequence-number" | "user-facing-time")[];
  /** Refuse every request until the CCCDs are set. */
  readonly requiresConfiguration: boolean;
  /** Newer services use the common error codes. */
  readonly errorCodes: "of-the-service" | "common";
  /** How many requests are answered "Server busy" before the first is served. */
  readonly busyRequests: number;
  readonly recordIntervalMs: number;
  /** How a report ends that went well; AgaMetrix meters say 0. */
  readonly doneCode: number;
}

export const fullRecordAccess: RecordAccessOptions = {
  operators: Object.values(RacpOperator),
  opCodes: Object.values(RacpOpCode),
  filters: ["sequence-number", "user-facing-time"],
  requiresConfiguration: true,
  errorCodes: "of-the-service",
  busyRequests: 0,
  recordIntervalMs: 0,
  doneCode: RacpResponseCode.success,
};

/** A meter that can report all records or the newest, and nothing in between. */
export const withoutDelta: Partial<RecordAccessOptions> = {
  operators: [RacpOperator.null, RacpOperator.allRecords, RacpOperator.lastRecord],
};

/** Where the records are. */
export interface RecordShelf<Entry> {
  /** Oldest first. */
  list(): readonly Entry[];
  sequenceNumber(record: Entry): number;
  userFacingTime(record: Entry): DeviceDateTime | null;
  /** Sends the record. Returns false when the link has ended. */
  report(link: PeripheralLink, record: Entry): Promise<boolean>;
  /** Sends what a device sends after its records: before the answer, and after it. */
  flush(link: PeripheralLink, moment: "before-answer" | "after-answer"): Promise<void>;
  forget(records: readonly Entry[]): void;
}

/** How the next report is broken off, after so many records: told, silently, or with the link. */
export interface Interruption {
  readonly type: "procedure-not-completed" | "silence" | "hang-up";
  readonly afterRecords: number;
}

/** Requests are kept for tests; nobody needs more of them. */
const requestsMax = 10_000;

/** The server's side of a Record Access Control Point, over all of a device's connections. */
export class RecordAccessServer<Entry> {
  readonly options: RecordAccessOptions;
  readonly shelf: RecordShelf<Entry>;
  readonly clock: Clock;
  readonly #requests: RacpRequest[] = [];
  #interruption: Interruption | null = null;
  #busyRequests: number;

  constructor(shelf: RecordShelf<Entry>, clock: Clock, options: Partial<RecordAccessOptions>) {
    this.options = { ...fullRecordAccess, ...options };
    this.shelf = shelf;
    this.clock = clock;
    this.#busyRequests = this.options.busyRequests;
  }

  connect(link: PeripheralLink, handles: RecordAccessHandles): RecordAccessSession<Entry> {
    return new RecordAccessSession(this, link, handles);
  }

  /** Every request that was understood, in order: a test can prove from it that nobody sends Delete. */
  get requests(): readonly RacpRequest[] {
    return this.#requests;
  }

  interruptNextReport(interruption: Interruption): void {
    this.#interruption = interruption;
  }

  takeInterruption(): Interruption | null {
    const interruption = this.#interruption;
    this.#interruption = null;
    return interruption;
  }

  /** Notes a request, and says what it is refused with; null if it is served. */
  receive(request: RacpRequest): number | null {
    if (this.#requests.length < requestsMax) this.#requests.push(request);
    const { opCode, operator, filter } = request;
    if (!this.options.opCodes.includes(opCode)) return RacpResponseCode.opCodeNotSupported;
    if (!this.options.operators.includes(operator)) return RacpResponseCode.operatorNotSupported;
    if (filter !== undefined && !this.options.filters.includes(filter.type)) {
      return RacpResponseCode.operandNotSupported;
    }
    if (filter !== undefined && isEmptyRange(filter)) return RacpResponseCode.invalidOperand;
    if (this.#busyRequests === 0) return null;
    this.#busyRequests -= 1;
    return RacpResponseCode.serverBusy;
  }
}

export interface RecordAccessHandles {
  readonly controlPoint: number;
  readonly records: number;
}

/** One connection: one procedure at a time, which only Abort may interrupt. */
export class RecordAccessSession<Entry> {
  readonly #server: RecordAccessServer<Entry>;
  readonly #link: PeripheralLink;
  readonly #handles: RecordAccessHandles;
  readonly #configured = new Set<number>();
  #running: AbortController | null = null;

  constructor(server: RecordAccessServer<Entry>, link: PeripheralLink, handles: RecordAccessHandles) {
    this.#server = server;
    this.#link = link;
    this.#handles = handles;
  }

  configure(handle: number, enabled: boolean): AttResult {
    if (enabled) this.#configured.add(handle);
    else this.#configured.delete(handle);
    return ok(undefined);
  }

  /** The control point was written. The procedure goes on after the write was answered. */
  write(value: Uint8Array): AttResult {
    const isCommon = this.#server.options.errorCodes === "common";
    const isReady = this.#configured.has(this.#handles.controlPoint) && this.#configured.has(this.#handles.records);
    if (this.#server.options.requiresConfiguration && !isReady) {
      return fail(isCommon ? attErrors.commonCccdImproperlyConfigured : attErrors.cccdImproperlyConfigured);
    }
    const isAbort = value[0] === RacpOpCode.abortOperation;
    if (this.#running !== null && !isAbort) {
      return fail(isCommon ? attErrors.commonProcedureAlreadyInProgress : attErrors.procedureAlreadyInProgress);
    }
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    void this.#run(value, running.signal).finally(() => {
      if (this.#running === running) this.#running = null;
    });
    return ok(undefined);
  }

  async #run(value: Uint8Array, aborted: AbortSignal): Promise<void> {
    const response = await this.#perform(value, aborted);
    if (response === null || aborted.aborted) return;
    // The next procedure may be written as soon as the answer is there.
    this.#running = null;
    // What comes after the answer does not wait until the answer is confirmed.
    const confirmed = this.#link.indicate(this.#handles.controlPoint, encodeRacpResponse(response));
    await this.#server.shelf.flush(this.#link, "after-answer");
    await confirmed;
  }

  async #perform(value: Uint8Array, aborted: AbortSignal): Promise<RacpResponse | null> {
    const decoded = decodeRacpRequest(value);
    if (!decoded.ok)
      return answer(value[0] ?? 0, faultCodes[decoded.error.field ?? ""] ?? RacpResponseCode.invalidOperand);
    const request = decoded.value;
    const refusal = this.#server.receive(request);
    if (refusal !== null) return answer(request.opCode, refusal);
    if (request.opCode === RacpOpCode.abortOperation) return answer(request.opCode, RacpResponseCode.success);
    if (request.opCode === RacpOpCode.deleteStoredRecords) return this.#delete(request);
    if (request.opCode === RacpOpCode.reportNumberOfStoredRecords) {
      return { type: "number-of-records", count: this.#select(request).length };
    }
    return await this.#report(request, aborted);
  }

  async #report(request: RacpRequest, aborted: AbortSignal): Promise<RacpResponse | null> {
    const { shelf, clock, options } = this.#server;
    const records = this.#select(request);
    if (records.length === 0) return answer(request.opCode, RacpResponseCode.noRecordsFound);
    const interruption = this.#server.takeInterruption();
    for (const [index, record] of records.entries()) {
      if (interruption !== null && interruption.afterRecords <= index) return this.#interrupt(request, interruption);
      if (aborted.aborted || !(await shelf.report(this.#link, record))) return null;
      if (options.recordIntervalMs > 0) await clock.sleep(options.recordIntervalMs);
    }
    await shelf.flush(this.#link, "before-answer");
    if (request.opCode === RacpOpCode.combinedReport) return { type: "combined-report", count: records.length };
    return answer(request.opCode, options.doneCode);
  }

  #interrupt({ opCode }: RacpRequest, { type }: Interruption): RacpResponse | null {
    if (type === "hang-up") this.#link.disconnect();
    return type === "procedure-not-completed" ? answer(opCode, RacpResponseCode.procedureNotCompleted) : null;
  }

  #delete(request: RacpRequest): RacpResponse {
    const records = this.#select(request);
    this.#server.shelf.forget(records);
    return answer(request.opCode, records.length === 0 ? RacpResponseCode.noRecordsFound : RacpResponseCode.success);
  }

  #select({ operator, filter }: RacpRequest): readonly Entry[] {
    const records = this.#server.shelf.list();
    if (operator === RacpOperator.firstRecord) return records.slice(0, 1);
    if (operator === RacpOperator.lastRecord) return records.slice(-1);
    if (filter === undefined) return records.slice();
    return records.filter((record) => this.#isWithin(record, filter));
  }

  #isWithin(record: Entry, filter: RacpFilter): boolean {
    const { shelf } = this.#server;
    if (filter.type === "sequence-number") {
      const number = shelf.sequenceNumber(record);
      return number >= (filter.minimum ?? 0) && number <= (filter.maximum ?? 0xffff);
    }
    const time = shelf.userFacingTime(record);
    if (time === null) return false;
    const [text, minimum, maximum] = [time, filter.minimum ?? time, filter.maximum ?? time].map(dateTimeText);
    return text !== undefined && minimum !== undefined && maximum !== undefined && text >= minimum && text <= maximum;
  }
}

function isEmptyRange(filter: RacpFilter): boolean {
  if (filter.minimum === undefined || filter.maximum === undefined) return false;
  if (filter.type === "sequence-number") return filter.minimum > filter.maximum;
  return dateTimeText(filter.minimum) > dateTimeText(filter.maximum);
}

const answer = (requestOpCode: number, responseCode: number): RacpResponse => ({
  type: "response",
  requestOpCode,
  responseCode,
});

const faultCodes: Readonly<Record<string, number>> = {
  "Op Code": RacpResponseCode.opCodeNotSupported,
  Operator: RacpResponseCode.invalidOperator,
  Operand: RacpResponseCode.invalidOperand,
};
