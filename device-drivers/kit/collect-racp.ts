import type { RawFrame } from "../measurement/measurement.ts";
import type { GattCharacteristic } from "../ports/gatt.ts";
import { CounterWitness } from "./counter-witness.ts";
import { driverErrors } from "./driver-error.ts";
import type { CollectionEnd, DeviceHistory, DriverSession, Observed } from "./driver.ts";
import { openInbox, type WantedSubscription } from "./inbox.ts";
import { RacpResponseCode } from "./racp.ts";
import { RecordDesk, type RecordItem } from "./record-desk.ts";
import type { RequestedRecords } from "./record-request.ts";
import { sameOctets } from "./same-octets.ts";

/** What a profile brings to the transfer of records by its Record Access Control Point (2A52). */
export interface RecordSource {
  readonly controlPoint: GattCharacteristic;
  /** Where the records come out. */
  readonly records: GattCharacteristic;
  /** Where parts of the records come out; the collection goes on without it if the device refuses it. */
  readonly parts: GattCharacteristic | null;
  readonly reader: RecordReader;
}

/** Makes records of frames. */
export interface RecordReader {
  /** Takes a frame, tells the witness of which record it is, or that this cannot be read, and gives what is complete by it. */
  take(frame: RawFrame, witness: CounterWitness): readonly Observed[];
  /** Gives what is still held, when nothing more will come. */
  flush(): readonly Observed[];
}

/**
 * The whole transfer of records (GLP 1.0.1 and BLP 1.1.1; the procedure is the same): subscribes, the control point
 * last; counts; asks for the records from the last known one on where that is possible, else for all; goes on until the
 * device has said that it is done and late frames have had their time; and asks once more if records are missing between
 * those that came, or if fewer came than the device counts.
 *
 * What "no more is asked for until the consumer asks for more" means here: one request makes the device send all its
 * records, at the pace of the radio, and they wait in order within the bound of the GATT adapter. Every request is
 * written only after all that came before it was taken. Records that are notified cannot be paced, but the device keeps
 * them: reporting forgets nothing, and nothing here can say "delete".
 *
 * Ends normally also where there are no records. Throws a `CarepostError` where the device could not be heard to the
 * end, and the signal's reason when cancelled, both only after all that had arrived was yielded. If a procedure still
 * runs then, or when the consumer gives up, it is aborted where the link still lives.
 */
export async function* collectRecords(
  session: DriverSession,
  source: RecordSource,
): AsyncGenerator<Observed, CollectionEnd> {
  const inbox = await openInbox(session, wantedSubscriptions(source));
  const desk = new RecordDesk(session, { inbox, controlPoint: source.controlPoint });
  const witness = new CounterWitness(usableHistory(session));
  let records = 0;
  let givenUp = true;
  try {
    for await (const observed of readouts(transfer(session, desk, witness), source.reader, witness)) {
      if (observed.type !== "expected") records += 1;
      yield observed;
    }
    givenUp = false;
  } finally {
    if (givenUp) await desk.abort();
    await inbox.close();
  }
  return { records, counterWasReset: witness.wasReset };
}

const wantedSubscriptions = ({ records, parts, controlPoint }: RecordSource): readonly WantedSubscription[] => [
  { characteristic: records, mayBeRefused: false },
  ...(parts === null ? [] : [{ characteristic: parts, mayBeRefused: true }]),
  { characteristic: controlPoint, mayBeRefused: false },
];

async function* readouts(
  items: AsyncIterable<RecordItem>,
  reader: RecordReader,
  witness: CounterWitness,
): AsyncGenerator<Observed, void> {
  const last = new Map<string, Uint8Array>();
  try {
    for await (const item of items) {
      if (item.type !== "frame") yield item;
      else if (!isRepeated(item.frame, last)) yield* reader.take(item.frame, witness);
    }
  } catch (error) {
    yield* reader.flush();
    throw error;
  }
  yield* reader.flush();
}

/** Some meters notify the same frame twice in a row. Two records never have equal octets: their numbers differ. */
function isRepeated({ characteristic, bytes }: RawFrame, last: Map<string, Uint8Array>): boolean {
  const before = last.get(characteristic);
  last.set(characteristic, bytes);
  return before !== undefined && sameOctets(before, bytes);
}

async function* transfer(
  session: DriverSession,
  desk: RecordDesk,
  witness: CounterWitness,
): AsyncGenerator<RecordItem, void> {
  try {
    yield* requestRecords(session, desk, witness);
  } catch (error) {
    if (session.signal.aborted) await desk.abort();
    yield* desk.rest();
    yield* stillMissing(session, witness);
    throw error;
  }
  session.signal.throwIfAborted();
}

async function* requestRecords(
  session: DriverSession,
  desk: RecordDesk,
  witness: CounterWitness,
): AsyncGenerator<RecordItem, void> {
  const timeoutMs = session.quirks.procedureTimeoutMs;
  const count = yield* countRecords(desk, Math.min(countTimeoutMs, timeoutMs));
  if (count === 0) {
    yield* desk.rest();
    return;
  }
  const start = deltaStart(session);
  const isDelta = start !== null && (yield* reportDelta(desk, witness, { records: { from: start }, timeoutMs }));
  if (!isDelta) {
    if (count !== null) yield { type: "expected", records: count };
    const heard = yield* reportRecords(desk, { records: "all", timeoutMs });
    if (!heard) throw driverErrors.make("records-procedure-failed", "the device cannot report its records");
  }
  const [firstMissing] = witness.missing();
  const isShort = (): boolean => !isDelta && count !== null && witness.records < count;
  if (session.quirks.sequenceReversed || (firstMissing === undefined && !isShort())) return;
  const records = isDelta && firstMissing !== undefined ? { from: firstMissing } : "all";
  yield* reportRecords(desk, { records, timeoutMs });
  yield* stillMissing(session, witness);
  if (witness.missing().length === 0 && isShort()) yield* missingBelow(witness);
}

/**
 * Of a whole report that is shorter than the count and has no gap, the first record was dropped, or the last. The last is
 * asked for by the next session anyway; the first would lie below all that is known, and be asked for by none.
 */
function* missingBelow({ lowest }: CounterWitness): Generator<Observed, void> {
  if (lowest === null || lowest === 0) return;
  const reason = "the device counts more records than have come, and there is no gap between those";
  yield { type: "incomplete", sequenceNumber: lowest - 1, reason, frames: [] };
}

/** Returns whether these are all records that are new, for certain: see `CounterWitness`. */
async function* reportDelta(
  desk: RecordDesk,
  witness: CounterWitness,
  request: ReportRequest,
): AsyncGenerator<RecordItem, boolean> {
  const heard = yield* reportRecords(desk, request);
  if (!heard || !witness.wentOn) return false;
  const highest = witness.highest;
  const heardNewest = yield* reportRecords(desk, { ...request, records: "newest" });
  return heardNewest && witness.newestIsNotBelow(highest);
}

/** Told one by one, so that the next session asks for them again. */
function* stillMissing(session: DriverSession, witness: CounterWitness): Generator<Observed, void> {
  if (session.quirks.sequenceReversed) return;
  for (const sequenceNumber of witness.missing()) {
    const reason = `record ${sequenceNumber} has not come, though those around it have`;
    yield { type: "incomplete", sequenceNumber, reason, frames: [] };
  }
}

/** A failed count is no reason to give up: not every meter can count. */
async function* countRecords(desk: RecordDesk, timeoutMs: number): AsyncGenerator<RecordItem, number | null> {
  try {
    const answer = yield* desk.ask({ type: "count" }, timeoutMs);
    if (answer.type === "number-of-records") return answer.count;
    if (answer.type === "response" && answer.responseCode === RacpResponseCode.noRecordsFound) return 0;
  } catch (error) {
    if (!driverErrors.is(error)) throw error;
  }
  return null;
}

interface ReportRequest {
  readonly records: RequestedRecords;
  readonly timeoutMs: number;
}

/** Returns whether the device took the request, with records or without; false asks for a simpler request. */
async function* reportRecords(desk: RecordDesk, request: ReportRequest): AsyncGenerator<RecordItem, boolean> {
  const answer = yield* desk.ask({ type: "report", records: request.records }, request.timeoutMs);
  const responseCode = answer.type === "response" ? answer.responseCode : null;
  if (responseCode !== null && requestNotSupported.has(responseCode)) return false;
  if (responseCode === null || !reportDone.has(responseCode)) {
    throw driverErrors.make("records-procedure-failed", "the device broke its report off", {
      context: { responseCode },
    });
  }
  yield* desk.rest();
  return true;
}

/** AgaMetrix meters end a report with the reserved response code 0. */
const reportDone: ReadonlySet<number> = new Set([0, RacpResponseCode.success, RacpResponseCode.noRecordsFound]);

const requestNotSupported: ReadonlySet<number> = new Set([
  RacpResponseCode.opCodeNotSupported,
  RacpResponseCode.invalidOperator,
  RacpResponseCode.operatorNotSupported,
  RacpResponseCode.invalidOperand,
  RacpResponseCode.operandNotSupported,
]);

/** What of the history may be compared with this device's numbers: nothing where they count backwards. */
const usableHistory = ({ history, quirks }: DriverSession): DeviceHistory =>
  quirks.sequenceReversed ? { lastSequenceNumber: null, lastDeviceTime: null } : history;

/**
 * Where a report may start; null for all records. Near the end of the 16-bit counter the newest records may have
 * started from zero again, below the last known one, so all are asked for.
 */
function deltaStart(session: DriverSession): number | null {
  const last = usableHistory(session).lastSequenceNumber;
  return session.quirks.deltaUnsupported || last === null || last > 0xffff - rolloverMargin ? null : last;
}

const countTimeoutMs = 5_000;
/** More than any meter keeps in its memory. */
const rolloverMargin = 4_096;
