import type { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import type { Clock } from "../../../device-drivers/ports/clock.ts";
import { reading as readingSchema } from "../../contract/reading.ts";
import type { CommitThread } from "../../sqlite/commit-thread.ts";
import { type OpenReport, openReader } from "../../sqlite/database.ts";
import { inlineCommitThread } from "../../sqlite/inline-commit-thread.ts";
import { sqliteErrors } from "../../sqlite/sqlite-error.ts";
import { workerCommitThread } from "../../sqlite/worker-commit-thread.ts";
import { ingestErrors } from "../ingest-error.ts";
import { recordOf } from "../reading-text.ts";
import type { RosterBook } from "../roster-book.ts";
import type {
  CommitOutcome,
  DeadLetter,
  Delivery,
  EventDelivery,
  NewDeadLetter,
  Sink,
  SinkReader,
  StoredEvent,
  StoredReading,
} from "../sink.ts";
import { openSinkCore, type SinkCoreOptions, sinkDatabaseLimits } from "./open-sink-core.ts";
import { SinkCore } from "./sink-core.ts";
import type { ReadingRow, SinkAnswer, SinkRequest, StoredRow } from "./sink-request.ts";
import { sinkSchema } from "./sink-schema.ts";

export interface SqliteSinkOptions {
  readonly path: string;
  /** 32 random bytes, or null for a database without encryption and without protection against bit rot. */
  readonly key: Uint8Array | null;
  readonly clock: Clock;
  /** `worker` keeps a slow disk away from the event loop; `inline` is deterministic. */
  readonly thread: "worker" | "inline";
  /** A gateway that sends garbage is stopped here, before it fills the disk. */
  readonly deadLettersPerGatewayMax?: number;
  /** The disk failed: nothing is taken any more, and the process should end. Called once. */
  readonly onFailure?: (error: CarepostError) => void;
}

/** Some 10,000 messages are days of a gateway's work; at 60 kB each they are 600 MB. */
const deadLettersPerGatewayMaxDefault = 10_000;

/**
 * Opens the sink's database as its only writer. Rejects with `store-locked`, `store-key-wrong` and the like; and with
 * `store-damaged` after it has set a damaged file aside: the next start begins a new one, but never unnoticed.
 */
export async function openSqliteSink(options: SqliteSinkOptions): Promise<Sink> {
  const { path, key, clock, deadLettersPerGatewayMax = deadLettersPerGatewayMaxDefault } = options;
  const { thread, report } = await openThread(options, { path, key, at: clock.now(), deadLettersPerGatewayMax });
  const damaged = report?.setAside ?? null;
  if (damaged !== null) {
    await thread.close();
    throw sqliteErrors.make("store-damaged", `the sink was damaged (${damaged.reason}) and was set aside`);
  }
  return new SqliteSink(thread, clock);
}

/**
 * Opens the sink's database to read only, also while an ingestor in another process writes it. Not for the process of
 * the ingestor itself: there, ask its sink. Throws as `openSqliteSink`.
 */
export function openSinkReader(options: Pick<SqliteSinkOptions, "path" | "key" | "clock">): SinkReader {
  const { path, key, clock } = options;
  const database = openReader({ path, key, at: clock.now(), schema: sinkSchema, limits: sinkDatabaseLimits });
  return new SqliteSink(
    inlineCommitThread(
      new SinkCore(database, 0),
      threadOptions(() => undefined),
    ),
    clock,
  );
}

interface OpenedThread {
  readonly thread: CommitThread<SinkRequest, SinkAnswer>;
  readonly report: OpenReport | null;
}

async function openThread(options: SqliteSinkOptions, coreOptions: SinkCoreOptions): Promise<OpenedThread> {
  const onFailure = options.onFailure ?? (() => undefined);
  if (options.thread === "inline") {
    const { core, report } = openSinkCore(coreOptions);
    return { thread: inlineCommitThread(core, threadOptions(onFailure)), report };
  }
  let report: OpenReport | null = null;
  const thread = await workerCommitThread<SinkCoreOptions, SinkRequest, SinkAnswer, OpenReport>({
    ...threadOptions(onFailure),
    entry: new URL("./sink-worker.ts", import.meta.url),
    coreOptions,
    onNotice: (notice) => {
      report = notice;
    },
  });
  return { thread, report };
}

class SqliteSink implements Sink {
  readonly rosters: RosterBook;
  readonly #thread: CommitThread<SinkRequest, SinkAnswer>;
  readonly #clock: Clock;

  constructor(thread: CommitThread<SinkRequest, SinkAnswer>, clock: Clock) {
    this.#thread = thread;
    this.#clock = clock;
    this.rosters = this.#openRosters();
  }

  async commit(deliveries: readonly Delivery[]): Promise<readonly CommitOutcome[]> {
    const rows = deliveries.map(rowOf);
    return (await this.#ask({ op: "commit", rows, at: this.#clock.now() })).outcomes;
  }

  async commitEvents(events: readonly EventDelivery[]): Promise<readonly CommitOutcome[]> {
    return (await this.#ask({ op: "commit-events", events, at: this.#clock.now() })).outcomes;
  }

  async events(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredEvent[]> {
    return (await this.#ask({ op: "events", ...query })).events;
  }

  async keepDeadLetters(letters: readonly NewDeadLetter[]): Promise<void> {
    const { isKept } = await this.#ask({ op: "keep", letters });
    if (isKept) return;
    throw ingestErrors.make("dead-letters-full", "a gateway has as many dead letters as one may have");
  }

  async removeDeadLetters(ids: readonly number[]): Promise<void> {
    await this.#ask({ op: "remove", ids });
  }

  async deadLetters(query: { readonly afterId: number; readonly limit: number }): Promise<readonly DeadLetter[]> {
    return (await this.#ask({ op: "dead-letters", ...query })).letters;
  }

  async readings(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredReading[]> {
    return (await this.#ask({ op: "readings", ...query })).rows.map(storedOf);
  }

  async lastPosition(): Promise<number> {
    return await this.positionBefore(0);
  }

  async positionBefore(readings: number): Promise<number> {
    return (await this.#ask({ op: "position-before", readings })).position;
  }

  async counts(): Promise<{ readonly readings: number; readonly deadLetters: number }> {
    const { readings, deadLetters } = await this.#ask({ op: "counts" });
    return { readings, deadLetters };
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  #openRosters(): RosterBook {
    const at = (): number => Math.round(this.#clock.now());
    return {
      setHomes: async (homes) => (await this.#ask({ op: "set-homes", homes, at: at() })).changed,
      removeHomes: async (people) => (await this.#ask({ op: "remove-homes", people, at: at() })).changed,
      hear: async (heard) => (await this.#ask({ op: "hear-rosters", heard })).due,
      outstanding: async (query) => (await this.#ask({ op: "outstanding-rosters", ...query })).due,
      homes: async (query) => (await this.#ask({ op: "homes", ...query })).homes,
      roster: async (gateway) => (await this.#ask({ op: "roster", gateway })).roster,
    };
  }

  async #ask<Op extends SinkRequest["op"]>(request: SinkRequest & { readonly op: Op }): Promise<AnswerTo<Op>> {
    const answer = await this.#thread.submit(request).catch((cause: unknown) => {
      throw sinkError(cause);
    });
    if (isAnswerTo(request.op, answer)) return answer;
    throw ingestErrors.make("sink-unavailable", `the sink answered ${answer.op} to ${request.op}`);
  }
}

type AnswerTo<Op extends SinkRequest["op"]> = Extract<SinkAnswer, { readonly op: Op }>;

const isAnswerTo = <Op extends SinkRequest["op"]>(op: Op, answer: SinkAnswer): answer is AnswerTo<Op> =>
  answer.op === op;

const rowOf = (delivery: Delivery): ReadingRow => {
  const { id, revision, kind, measured, text: body } = recordOf(delivery);
  return { id, revision, gateway: delivery.gateway, kind, measured, body };
};

const storedOf = ({ position, gateway, body, committedAt }: StoredRow): StoredReading => ({
  position,
  gateway,
  reading: readingSchema.parse(JSON.parse(body)),
  committedAt,
});

/** The failures of the database in the words of the port. */
function sinkError(cause: unknown): CarepostError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (sqliteErrors.is(cause, "store-request-failed")) return ingestErrors.make("sink-data-refused", message, { cause });
  const isFull = sqliteErrors.is(cause, "disk-full", "quota-exceeded");
  return ingestErrors.make(isFull ? "sink-full" : "sink-unavailable", message, { cause });
}

/** A row is some 1 kB, and so is what is asked; a dead letter may be 64 kB. */
const threadOptions = (
  onFailure: (error: CarepostError) => void,
): { bytesOf(request: SinkRequest): number; onFailure(error: CarepostError): void } => ({
  bytesOf: (request) => {
    if (request.op === "commit") return request.rows.reduce((sum, { body }) => sum + body.length + 200, 0);
    if (request.op === "commit-events") return request.events.reduce((sum, { body }) => sum + body.length + 200, 0);
    if (request.op === "keep") return request.letters.reduce((sum, { payload }) => sum + payload.byteLength + 200, 0);
    return 200;
  },
  onFailure,
});
