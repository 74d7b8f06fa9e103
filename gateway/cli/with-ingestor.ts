import type { Sink } from "../../cloud-sync/ingest/sink.ts";
import { sqliteErrors } from "../../cloud-sync/sqlite/sqlite-error.ts";
import type { IngestConfig } from "../config/ingest-config.ts";
import { askIngestor, type IngestQuestion, type ResultOf } from "../control/ingest-client.ts";
import { ingestControlErrors } from "../control/ingest-control-error.ts";
import { ingestControlPath, type IngestResult } from "../control/ingest-protocol.ts";
import { systemClock } from "../system-clock.ts";
import { ingestConfigOf, type SinkOptions, sinkPathOf, withSink } from "./with-sink.ts";

type QuestionOf<Op extends IngestResult["op"]> = Extract<IngestQuestion, { readonly op: Op }>;
type AnswerTo<Op extends IngestResult["op"]> = Omit<ResultOf<Op>, "op">;

/** What changes the sink, in as many questions as it takes, in their order. */
export interface Wanted<Op extends IngestResult["op"]> {
  readonly questions: readonly QuestionOf<Op>[];
  /** The answer of this command itself, with a sink of its own, which is opened once for all that nobody else does. */
  readonly own: (sink: Sink, question: QuestionOf<Op>) => Promise<AnswerTo<Op>>;
}

/** An ingestor has its sink before it can be asked, and another command may have it for a moment. */
const startMsMax = 10_000;
const startLookMs = 250;

/** Where the ingestor of this configuration can be reached while it runs; null if nowhere. */
export function controlSocketOf(ingest: IngestConfig["ingest"]): string | null {
  const path = sinkPathOf(ingest);
  return ingest.controlSocket ?? (path === null ? null : ingestControlPath(path));
}

/** Asks the ingestor that runs, or, where none does, lets this command do it. */
export async function withIngestor<Op extends IngestResult["op"]>(
  options: SinkOptions,
  { questions, own }: Wanted<Op>,
): Promise<readonly AnswerTo<Op>[]> {
  const { ingest } = ingestConfigOf(options).config;
  // A PostgreSQL has any number of writers: there this command is one more of them.
  const path = sinkPathOf(ingest) === null ? null : controlSocketOf(ingest);
  const answers: AnswerTo<Op>[] = [];
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    for (const question of questions.slice(answers.length)) {
      const answer = path === null ? null : await askIngestor<Op>(path, question);
      if (answer === null) break;
      answers.push(answer);
    }
    if (answers.length === questions.length) return answers;
    try {
      await withSink(options, async (sink) => {
        for (const question of questions.slice(answers.length)) answers.push(await own(sink, question));
      });
      return answers;
    } catch (error) {
      const isTaken = sqliteErrors.is(error, "store-locked") && systemClock.monotonicMs() - startedMs < startMsMax;
      if (!isTaken) throw error;
      await systemClock.sleep(startLookMs);
    }
  }
}

/** What is too much for one question, in several. */
export const groupsOf = <T>(all: readonly T[], atOnceMax: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / atOnceMax) }, (_, group) =>
    all.slice(group * atOnceMax, (group + 1) * atOnceMax),
  );

/** Asks what nobody but an ingestor that runs can do. Rejects with `ingestor-absent` where none does. */
export async function askRunningIngestor<Op extends IngestResult["op"]>(
  options: SinkOptions,
  question: IngestQuestion & { readonly op: Op },
): Promise<ResultOf<Op>> {
  const path = controlSocketOf(ingestConfigOf(options).config.ingest);
  const answer = path === null ? null : await askIngestor<Op>(path, question);
  if (answer !== null) return answer;
  const where = path === null ? "no control socket is configured" : `nobody answers at ${path}`;
  throw ingestControlErrors.make("ingestor-absent", `no ingestor runs here: ${where}`);
}
