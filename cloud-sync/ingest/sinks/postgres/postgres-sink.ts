import type { Clock, Random } from "../../../../device-drivers/ports/clock.ts";
import type { Log } from "../../../../device-drivers/ports/log.ts";
import type { RosterBook } from "../../roster-book.ts";
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
} from "../../sink.ts";
import { commitReadings } from "./commit-readings.ts";
import { keepLetters, lettersAfter, removeLetters } from "./dead-letter-table.ts";
import { commitEvents, eventPage, lastEventPosition } from "./event-table.ts";
import { openRosterBook } from "./roster-book.ts";
import { expectSchema, migrate } from "./migrate.ts";
import { tendPartitions } from "./partitions.ts";
import { portError, postgresErrors } from "./postgres-error.ts";
import { feedPage, lastPositionOf, positionBefore, writerName } from "./reading-feed.ts";
import { chooseRows } from "./reading-rows.ts";
import { totalShards } from "./schema.ts";
import type { PostgresAccess, Session } from "./session.ts";
import { createSessionPool, type SessionPool } from "./session-pool.ts";
import { keepUp } from "./upkeep.ts";

export interface PostgresSinkOptions extends PostgresAccess {
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: Random;
  /** A gateway that sends garbage is stopped here, before it fills the disk. */
  readonly deadLettersPerGatewayMax?: number;
  readonly limits?: Partial<PostgresLimits>;
}

export interface PostgresLimits {
  readonly sessionsMax: number;
  readonly connectTimeoutMs: number;
  /** For a commit as for a question, from its first word to its last. */
  readonly workTimeoutMs: number;
  /** How long the start waits for a database that is not there yet. */
  readonly openWaitMs: number;
  readonly tendEveryMs: number;
}

/** Three commits at once, one more for dead letters, and one for whoever asks something. */
export const postgresLimits: PostgresLimits = {
  sessionsMax: 5,
  connectTimeoutMs: 5_000,
  workTimeoutMs: 30_000,
  openWaitMs: 60_000,
  tendEveryMs: 6 * 3_600_000,
};

const deadLettersPerGatewayMaxDefault = 10_000;

/**
 * Opens the sink, makes its schema where there is none, and its partitions. Any number of ingestors may have one open
 * over the same database. Waits for a database that is not there yet; rejects with `postgresErrors`.
 */
export async function openPostgresSink(options: PostgresSinkOptions): Promise<Sink> {
  const limits = { ...postgresLimits, ...options.limits };
  const upkeep = { ...options, ...limits };
  await migrateWhenThere(upkeep);
  const pool = createSessionPool({ ...upkeep, applicationName: writerName });
  return new PostgresSink(pool, upkeep);
}

/** Opens it to look into, beside the ingestors. Rejects with `postgres-schema-absent` where there is no sink. */
export async function openPostgresReader(options: PostgresSinkOptions): Promise<SinkReader> {
  const limits = { ...postgresLimits, ...options.limits, sessionsMax: 1 };
  const pool = createSessionPool({ ...options, ...limits, applicationName: "carepost-reader" });
  try {
    await pool.use(expectSchema, limits.workTimeoutMs);
    return new PostgresReader(pool, limits.workTimeoutMs);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

type Upkeep = PostgresSinkOptions & PostgresLimits;

async function migrateWhenThere(upkeep: Upkeep): Promise<void> {
  const { clock, log, openWaitMs } = upkeep;
  const until = clock.monotonicMs() + openWaitMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await keepUp(upkeep, migrate);
      return;
    } catch (error) {
      const isOver = clock.monotonicMs() >= until;
      if (isOver || !postgresErrors.is(error) || error.recovery !== "retry") throw error;
      log.warn("ingest-sink-awaited", { code: error.code, attempt });
      await clock.sleep(retryMs);
    }
  }
}

const retryMs = 1_000;

class PostgresReader implements SinkReader {
  readonly rosters: RosterBook;
  readonly #pool: SessionPool;
  readonly #workTimeoutMs: number;

  constructor(pool: SessionPool, workTimeoutMs: number) {
    this.#pool = pool;
    this.#workTimeoutMs = workTimeoutMs;
    this.rosters = openRosterBook((work) => this.ask(work));
  }

  deadLetters(query: { readonly afterId: number; readonly limit: number }): Promise<readonly DeadLetter[]> {
    return this.ask((session) => lettersAfter(session, query));
  }

  readings(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredReading[]> {
    return this.ask((session) => feedPage(session, query));
  }

  events(query: { readonly afterPosition: number; readonly limit: number }): Promise<readonly StoredEvent[]> {
    return this.ask((session) => eventPage(session, query));
  }

  lastPosition(): Promise<number> {
    return this.positionBefore(0);
  }

  positionBefore(last: number): Promise<number> {
    return this.ask((session) => positionBefore(session, last));
  }

  counts(): Promise<{ readonly readings: number; readonly deadLetters: number }> {
    return this.ask(async (session) => {
      const [row] = await session.query<{ readings: string | null; letters: string }>(
        `SELECT (SELECT sum(readings) FROM carepost.totals) AS readings,
           (SELECT count(*) FROM carepost.dead_letters) AS letters`,
      );
      return { readings: Number(row?.readings ?? 0), deadLetters: Number(row?.letters ?? 0) };
    });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  protected async ask<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#pool.use(work, this.#workTimeoutMs);
    } catch (error) {
      // Only whoever looks in from beside can meet a schema that no ingestor of this version has been started on.
      if (!postgresErrors.is(error) || postgresErrors.is(error, "postgres-schema-absent")) throw error;
      throw portError(error);
    }
  }
}

class PostgresSink extends PostgresReader implements Sink {
  readonly #deadLettersPerGatewayMax: number;
  readonly #tending = new AbortController();
  readonly #tended: Promise<void>;
  readonly #firstShard: number;
  #commits = 0;
  /** Positions grow also where the server's clock does not. */
  #positionFloor = 0;
  readonly #floored = new WeakSet<Session>();

  constructor(pool: SessionPool, upkeep: Upkeep) {
    super(pool, upkeep.workTimeoutMs);
    this.#deadLettersPerGatewayMax = upkeep.deadLettersPerGatewayMax ?? deadLettersPerGatewayMaxDefault;
    this.#firstShard = Math.floor((upkeep.random ?? Math.random)() * totalShards);
    this.#tended = tend(upkeep, this.#tending.signal);
  }

  async commit(deliveries: readonly Delivery[]): Promise<readonly CommitOutcome[]> {
    const chosen = chooseRows(deliveries);
    const { rows } = chosen;
    if (rows.length === 0) return [];
    this.#commits += 1;
    const shard = (this.#firstShard + (this.#commits % shardsOfOne)) % totalShards;
    const { stored, lastPosition } = await this.ask(async (session) => {
      await this.#raiseFloor(session);
      return await commitReadings(session, rows, { shard, positionFloor: this.#positionFloor });
    });
    this.#positionFloor = Math.max(this.#positionFloor, lastPosition);
    return chosen.outcomes(stored);
  }

  async commitEvents(events: readonly EventDelivery[]): Promise<readonly CommitOutcome[]> {
    const { outcomes, lastPosition } = await this.ask(async (session) => {
      await this.#raiseFloor(session);
      return await commitEvents(session, events, this.#positionFloor);
    });
    this.#positionFloor = Math.max(this.#positionFloor, lastPosition);
    return outcomes;
  }

  /** The clock of a server that was promoted may be behind: what comes now still has to come after what was there. */
  async #raiseFloor(session: Session): Promise<void> {
    if (this.#floored.has(session)) return;
    const [reading, event] = [await lastPositionOf(session), await lastEventPosition(session)];
    this.#positionFloor = Math.max(this.#positionFloor, reading + 1, event + 1);
    this.#floored.add(session);
  }

  async keepDeadLetters(letters: readonly NewDeadLetter[]): Promise<void> {
    await this.ask((session) => keepLetters(session, letters, this.#deadLettersPerGatewayMax));
  }

  async removeDeadLetters(ids: readonly number[]): Promise<void> {
    await this.ask((session) => removeLetters(session, ids));
  }

  override async close(): Promise<void> {
    this.#tending.abort();
    await this.#tended;
    await super.close();
  }
}

/** As many as one ingestor has commits under way: they never wait for each other's total. */
const shardsOfOne = 4;

/** Now and every few hours. What fails is told and tried again: until then readings lie in `readings_other`. */
async function tend(upkeep: Upkeep, signal: AbortSignal): Promise<void> {
  const { clock, log, tendEveryMs } = upkeep;
  while (!signal.aborted) {
    try {
      await keepUp(upkeep, tendPartitions, signal);
    } catch (error) {
      log.warn("ingest-partitions-not-made", { code: postgresErrors.is(error) ? error.code : "unexpected" });
    }
    await clock.sleep(tendEveryMs, signal).catch(() => undefined);
  }
}
