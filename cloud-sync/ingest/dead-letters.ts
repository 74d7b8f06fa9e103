import { fail, ok, type Result } from "../../device-drivers/kit/result.ts";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import { decodeText, parseJson, readBatchMessage, readingTexts, readReading } from "./batch-message.ts";
import { type Batcher, createBatcher } from "./batcher.ts";
import { isMeantAsEvent, readEventMessage } from "./event-message.ts";
import { ingestErrors } from "./ingest-error.ts";
import { type Rejection, rejection, rejections } from "./rejection.ts";
import type { DeadLetter, Delivery, NewDeadLetter, Sink, SinkReader } from "./sink.ts";

/** A dead letter as an operator reads it. The payload may name a person: show its size, and itself only when asked. */
export interface ListedDeadLetter extends DeadLetter {
  readonly remedy: string;
}

/** One page of dead letters by id, oldest first; empty after the last. */
export async function listDeadLetters(
  sink: SinkReader,
  query: { readonly afterId: number; readonly limit: number },
): Promise<readonly ListedDeadLetter[]> {
  const letters = await sink.deadLetters(query);
  return letters.map((letter) => Object.assign({ remedy: remedyOf(letter.code) }, letter));
}

export interface ReplayRequest {
  /** Only these; all of them if it is left out. */
  readonly ids?: readonly number[];
  /** Of these only such as were kept for this reason. */
  readonly code?: string;
  readonly clock: Clock;
  /** The running ingestor's, which then commits what is replayed among what arrives. Else one of its own. */
  readonly batcher?: Batcher;
}

/** What a replay came to. Dead letters that are not in `remaining` are gone: their readings are in the sink. */
export interface ReplayReport {
  readonly examined: number;
  readonly replayed: number;
  readonly stored: number;
  readonly duplicates: number;
  /** Still wrong, by today's rules; they stay as they are. */
  readonly remaining: readonly { readonly id: number; readonly code: string; readonly reason: string }[];
}

const pageLetters = 200;

/**
 * Validates dead letters again, commits what is valid now, and then removes them: a crash in between costs a second
 * replay, which finds duplicates. Of a batch that has become readable the readings that are wrong become dead letters
 * of their own. Rejects with the sink's errors; what was replayed before stays replayed.
 */
export async function replayDeadLetters(sink: Sink, request: ReplayRequest): Promise<ReplayReport> {
  const { ids, code, clock, batcher = createBatcher(sink, clock) } = request;
  const desk: ReplayDesk = { sink, clock, batcher };
  const report = { examined: 0, replayed: 0, stored: 0, duplicates: 0 };
  const remaining: { id: number; code: string; reason: string }[] = [];
  for await (const page of ids === undefined ? allLetters(sink) : lettersOf(sink, ids)) {
    const letters = page.filter((letter) => code === undefined || letter.code === code);
    const outcomes = await Promise.all(letters.map((letter) => replayOne(desk, letter)));
    for (const [index, letter] of letters.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      report.examined += 1;
      if (!outcome.ok) remaining.push({ id: letter.id, ...outcome.error });
      else {
        report.replayed += 1;
        report.stored += outcome.value.stored;
        report.duplicates += outcome.value.duplicates;
      }
    }
    await sink.removeDeadLetters(letters.flatMap(({ id }, index) => (outcomes[index]?.ok === true ? [id] : [])));
  }
  return { ...report, remaining };
}

/** Letters that a replay itself makes, or that arrive meanwhile, come after the last of now, and are not for it. */
async function* allLetters(sink: SinkReader): AsyncGenerator<readonly DeadLetter[], void> {
  const last = await lastLetterId(sink);
  for (let afterId = 0; afterId < last;) {
    const page = await sink.deadLetters({ afterId, limit: pageLetters });
    yield page.filter(({ id }) => id <= last);
    afterId = page.at(-1)?.id ?? last;
  }
}

/** Of ids that lie near each other one page brings many; who names a few of millions does not read them all. */
async function* lettersOf(sink: SinkReader, ids: readonly number[]): AsyncGenerator<readonly DeadLetter[], void> {
  const wanted = new Set(ids);
  let afterId = 0;
  for (const id of [...wanted].toSorted((a, b) => a - b)) {
    if (id <= afterId) continue;
    const page = await sink.deadLetters({ afterId: id - 1, limit: pageLetters });
    yield page.filter((letter) => wanted.has(letter.id));
    afterId = page.at(-1)?.id ?? id;
  }
}

interface ReplayDesk {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly batcher: Batcher;
}

type Replayed = Result<{ readonly stored: number; readonly duplicates: number }, Rejection>;

async function lastLetterId(sink: SinkReader): Promise<number> {
  let last = 0;
  for (;;) {
    const page = await sink.deadLetters({ afterId: last, limit: pageLetters });
    const id = page.at(-1)?.id;
    if (id === undefined) return last;
    last = id;
  }
}

async function replayOne(desk: ReplayDesk, letter: DeadLetter): Promise<Replayed> {
  if (letter.code.startsWith("reading-")) return replayReading(desk, letter);
  if (letter.code.startsWith("event-") || isMeantAsEvent(letter.payload)) return replayEvent(desk, letter);
  return replayMessage(desk, letter);
}

async function replayReading(desk: ReplayDesk, { gateway, payload }: DeadLetter): Promise<Replayed> {
  const parsed = parseJson(payload);
  const verdict = parsed.ok ? readReading(parsed.value) : parsed;
  return verdict.ok ? commitAll(desk, [{ gateway, reading: verdict.value }]) : verdict;
}

async function replayEvent({ sink }: ReplayDesk, { gateway, payload }: DeadLetter): Promise<Replayed> {
  const event = readEventMessage(gateway, payload);
  if (!event.ok) return event;
  try {
    const [outcome] = await sink.commitEvents([event.value]);
    return ok({ stored: outcome === "stored" ? 1 : 0, duplicates: outcome === "duplicate" ? 1 : 0 });
  } catch (error) {
    if (!ingestErrors.is(error, "sink-data-refused")) throw error;
    return fail(rejection("event-unstorable", "valid, but the sink cannot store it"));
  }
}

async function replayMessage(desk: ReplayDesk, { gateway, payload }: DeadLetter): Promise<Replayed> {
  const message = readBatchMessage(gateway, payload);
  if (!message.usable) return fail(message.rejection);
  const valid = message.verdicts.flatMap((verdict) => (verdict.ok ? [verdict.value] : []));
  const committed = await commitAll(desk, valid);
  if (!committed.ok) return committed;
  const texts = readingTexts(decodeText(payload) ?? "", message.form);
  const letters = message.verdicts.flatMap((verdict, position): readonly NewDeadLetter[] => {
    if (verdict.ok) return [];
    const own = new TextEncoder().encode(texts[position] ?? "");
    return [{ gateway, ...verdict.error, payload: own, receivedAt: desk.clock.now() }];
  });
  if (letters.length > 0) await desk.sink.keepDeadLetters(letters);
  return committed;
}

async function commitAll({ batcher }: ReplayDesk, deliveries: readonly Delivery[]): Promise<Replayed> {
  const outcomes = await batcher.submit(deliveries);
  if (outcomes.includes("refused")) return fail(rejection("reading-unstorable", "valid, but the sink cannot store it"));
  const stored = outcomes.filter((outcome) => outcome === "stored").length;
  return { ok: true, value: { stored, duplicates: outcomes.length - stored } };
}

function remedyOf(code: string): string {
  const entry = Object.entries(rejections.table).find(([known]) => known === code);
  return entry?.[1].remedy ?? "Replay it after an update: another version of Carepost kept it.";
}
