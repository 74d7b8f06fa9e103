import type { CarepostError } from "../../../../device-drivers/kit/carepost-error.ts";
import { faultOf } from "./fault-of.ts";
import { inTime } from "./in-time.ts";
import { type PostgresErrorCode, postgresErrors } from "./postgres-error.ts";
import { openSession, type PostgresServer, type Session, type SessionOptions } from "./session.ts";

/** What one server of the list said of itself. */
export interface ServerState {
  readonly server: PostgresServer;
  readonly fault: CarepostError<PostgresErrorCode> | null;
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  /** It grows with each promotion; null where the engine has none, or does not tell. */
  readonly timeline: number | null;
}

/**
 * A session with the server that takes writes. All are asked at once, because after a fail-over the old primary may
 * have come back and still believe in itself: of two that take writes the one on the later timeline is right.
 * Rejects with what is wrong with all of them, `postgres-read-only` if there are only standbys.
 */
export async function openPrimary(options: SessionOptions): Promise<Session> {
  const visits = await Promise.all(options.servers.map((server) => visit(server, options)));
  const writable = visits.filter(({ state }) => state.fault === null && !state.isStandby && !state.isReadOnly);
  const best = writable.reduce<Visit | null>(
    (other, one) => (other === null || isLater(one, other) ? one : other),
    null,
  );
  for (const { session } of visits) if (session !== best?.session) void session?.close();
  if (best?.session === undefined || best.session === null) throw noPrimary(visits.map(({ state }) => state));
  return best.session;
}

/** Asks each server what it is. Never rejects. */
export async function serverStates(options: SessionOptions): Promise<readonly ServerState[]> {
  const visits = await Promise.all(options.servers.map((server) => visit(server, options)));
  await Promise.all(visits.map(async ({ session }) => await session?.close()));
  return visits.map(({ state }) => state);
}

interface Visit {
  readonly state: ServerState;
  readonly session: Session | null;
}

const isLater = (one: Visit, other: Visit): boolean => (one.state.timeline ?? 0) > (other.state.timeline ?? 0);

async function visit(server: PostgresServer, options: SessionOptions): Promise<Visit> {
  let session: Session | null = null;
  try {
    session = await openSession(server, options);
    const limit = { clock: options.clock, timeoutMs: options.connectTimeoutMs };
    const role = await inTime(session, roleOf(session), limit);
    return { session, state: { server, fault: null, ...role } };
  } catch (error) {
    session?.destroy();
    const state = { server, fault: faultOf(error), isStandby: false, isReadOnly: false, timeline: null };
    return { session: null, state };
  }
}

async function roleOf(session: Session): Promise<Omit<ServerState, "server" | "fault">> {
  const [role] = await session.query<{ standby: boolean; read_only: string }>(
    "SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS read_only",
  );
  const isStandby = role?.standby === true;
  return {
    isStandby,
    isReadOnly: role?.read_only === "on",
    timeline: isStandby ? null : await timelineOf(session),
  };
}

/** The first eight digits of the name of a WAL file are its timeline. Engines without a WAL do not know the function. */
async function timelineOf(session: Session): Promise<number | null> {
  try {
    const [row] = await session.query<{ file: string }>("SELECT pg_walfile_name(pg_current_wal_lsn()) AS file");
    return row === undefined ? null : Number.parseInt(row.file.slice(0, 8), 16);
  } catch (error) {
    if (!session.isAlive) throw error;
    return null;
  }
}

/** What an operator can mend comes first: a wrong password is not "unreachable". */
function noPrimary(states: readonly ServerState[]): CarepostError<PostgresErrorCode> {
  const faults = states.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  const said = states.map((state) => `${state.server.host}:${state.server.port}: ${stateText(state)}`).join("; ");
  const stop = faults.find(({ recovery }) => recovery === "stop");
  if (stop !== undefined) return postgresErrors.make(stop.code, said, { cause: stop });
  if (faults.length < states.length) return postgresErrors.make("postgres-read-only", said);
  return postgresErrors.make("postgres-unreachable", said, { cause: faults[0] });
}

/** One state in words. */
export function stateText({ fault, isStandby, isReadOnly, timeline }: ServerState): string {
  if (fault !== null) return fault.message;
  if (isStandby) return "a standby";
  const role = isReadOnly ? "a primary that takes no writes" : "the primary";
  return timeline === null ? role : `${role}, timeline ${timeline}`;
}
