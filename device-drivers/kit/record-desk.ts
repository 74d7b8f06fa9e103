import type { RawFrame } from "../measurement/measurement.ts";
import type { GattCharacteristic } from "../ports/gatt.ts";
import { driverErrors } from "./driver-error.ts";
import type { DriverSession, Observed } from "./driver.ts";
import { attErrorOf, withinTime } from "./guarded-link.ts";
import type { Inbox, InboxItem } from "./inbox.ts";
import { decodeRacpResponse, RacpOpCode, RacpResponseCode, type RacpResponse } from "./racp.ts";
import { encodeRecordRequest, type RecordRequest } from "./record-request.ts";

/** What comes while a procedure runs: frames of records, and what is to be told at once. */
export type RecordItem = { readonly type: "frame"; readonly frame: RawFrame } | Observed;

/** If nothing at all follows the first write, it is written once more: some meters miss it while they wake up. */
const firstReactionMs = 2_500;
/** Pauses between attempts while the device says that it is busy. */
const busyPausesMs = [500, 1_000, 2_000, 4_000];
const abortWriteMs = 2_000;
/** Sequence numbers have 16 bits, so a device has 65,536 records at most, each with a context. */
const valuesMax = 2 * 65_536;

/** GLS 1.0.1 1.6 has its own codes; the later profiles use the common ones (CSS part B 1.2). */
const procedureInProgress: ReadonlySet<number | null> = new Set([0x80, 0xfe]);
const cccdImproperlyConfigured: ReadonlySet<number | null> = new Set([0x81, 0xfd]);

/** The client's side of one Record Access Control Point: one procedure at a time, each to its answer. */
export class RecordDesk {
  readonly #session: DriverSession;
  readonly #inbox: Inbox;
  readonly #controlPoint: GattCharacteristic;
  #running = false;
  #values = 0;

  constructor(session: DriverSession, desk: { readonly inbox: Inbox; readonly controlPoint: GattCharacteristic }) {
    this.#session = session;
    this.#inbox = desk.inbox;
    this.#controlPoint = desk.controlPoint;
  }

  /**
   * Runs one procedure, yields what comes meanwhile, and returns the answer. The timer of `timeoutMs` starts anew with
   * everything that comes. Throws `procedure-timeout`, `device-busy`, `records-procedure-failed` where the device
   * refuses the write, or what the link says.
   */
  async *ask(request: RecordRequest, timeoutMs: number): AsyncGenerator<RecordItem, RacpResponse> {
    const pausesMs = busyPausesMs.values();
    for (;;) {
      await this.#write(request);
      const answer = yield* this.#untilAnswer(request, timeoutMs);
      if (answer.type !== "response" || answer.responseCode !== RacpResponseCode.serverBusy) return answer;
      await this.#pause(pausesMs.next().value, "the device goes on saying that it is busy");
    }
  }

  /**
   * What still comes after an answer or a failure, until it has been silent for `contextGraceMs` or the link has ended.
   * The answer may overtake records, because the two come by different characteristics.
   */
  async *rest(): AsyncGenerator<RecordItem, void> {
    for (;;) {
      const item = await this.#take(this.#session.quirks.contextGraceMs);
      if (item.type !== "value") return;
      if (!this.#isAnswer(item)) yield frameOf(item);
    }
  }

  /** Sends Abort Operation if a procedure runs. Never rejects: where the link is gone, so is the procedure. */
  async abort(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    const limit = { clock: this.#session.clock, limitMs: abortWriteMs };
    const bytes = encodeRecordRequest({ type: "abort" });
    await withinTime(limit, (signal) => this.#session.link.write(this.#controlPoint, bytes, signal)).catch(
      () => undefined,
    );
  }

  async *#untilAnswer(request: RecordRequest, timeoutMs: number): AsyncGenerator<RecordItem, RacpResponse> {
    let waitMs = Math.min(firstReactionMs, timeoutMs);
    for (;;) {
      const item = await this.#take(waitMs);
      if (item.type === "ended") throw item.error;
      if (item.type === "silence") {
        await this.#writeOnceMore(request, waitMs === timeoutMs);
      } else if (!this.#isAnswer(item)) {
        yield frameOf(item);
      } else {
        const answer = decodeRacpResponse(item.bytes);
        if (!answer.ok) yield undecodable(item, answer.error.reason);
        else if (answers(request, answer.value)) {
          this.#running = false;
          return answer.value;
        }
      }
      waitMs = timeoutMs;
    }
  }

  async #write(request: RecordRequest): Promise<void> {
    const pausesMs = busyPausesMs.values();
    let resubscribed = false;
    for (;;) {
      try {
        await this.#writeNow(request);
        return;
      } catch (error) {
        this.#running = false;
        const attError = attErrorOf(error);
        if (cccdImproperlyConfigured.has(attError) && !resubscribed) {
          resubscribed = true;
          await this.#inbox.resubscribe();
          continue;
        }
        if (!procedureInProgress.has(attError)) throw refusal(error, attError);
        await this.#pause(pausesMs.next().value, "the device goes on with another procedure");
      }
    }
  }

  async #writeOnceMore(request: RecordRequest, timeIsUp: boolean): Promise<void> {
    if (timeIsUp) {
      throw driverErrors.make("procedure-timeout", "the device fell silent before it had said that it is done", {
        context: { request: request.type },
      });
    }
    try {
      await this.#writeNow(request);
    } catch (error) {
      // Refused for being at work, the device has heard the first write after all.
      const attError = attErrorOf(error);
      if (!procedureInProgress.has(attError)) throw refusal(error, attError);
    }
  }

  async #writeNow(request: RecordRequest): Promise<void> {
    // A device may refuse the next procedure until its last answer is confirmed.
    this.#inbox.listen();
    this.#running = true;
    await this.#session.link.write(this.#controlPoint, encodeRecordRequest(request), this.#session.signal);
  }

  async #pause(pauseMs: number | undefined, complaint: string): Promise<void> {
    if (pauseMs === undefined) throw driverErrors.make("device-busy", complaint);
    await this.#session.clock.sleep(pauseMs, this.#session.signal);
  }

  async #take(silenceMs: number): Promise<InboxItem> {
    const item = await this.#inbox.take(silenceMs);
    if (item.type === "value") this.#values += 1;
    if (this.#values <= valuesMax) return item;
    throw driverErrors.make("device-floods", "the device sends more than records can be numbered", {
      context: { valuesMax },
    });
  }

  #isAnswer({ characteristic }: ReceivedValue): boolean {
    return characteristic.handle === this.#controlPoint.handle;
  }
}

type ReceivedValue = InboxItem & { readonly type: "value" };

const frameOf = ({ characteristic, bytes }: ReceivedValue): RecordItem => ({
  type: "frame",
  frame: { characteristic: characteristic.uuid, bytes },
});

/** Is it the answer to this request, and not a late one to a request before it? */
function answers(request: RecordRequest, answer: RacpResponse): boolean {
  if (answer.type === "number-of-records") return request.type === "count";
  const opCode = request.type === "count" ? RacpOpCode.reportNumberOfStoredRecords : RacpOpCode.reportStoredRecords;
  return answer.type === "response" && answer.requestOpCode === opCode;
}

const undecodable = ({ characteristic, bytes }: ReceivedValue, reason: string): RecordItem => ({
  type: "undecodable",
  reason,
  frames: [{ characteristic: characteristic.uuid, bytes }],
});

function refusal(error: unknown, attError: number | null): unknown {
  if (attError === null) return error;
  return driverErrors.make("records-procedure-failed", "the device refuses to be asked for its records", {
    context: { attError },
    cause: error,
  });
}
