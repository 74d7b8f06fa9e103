import { openPrimary } from "./choose-server.ts";
import { isLost } from "./fault-of.ts";
import { inTime } from "./in-time.ts";
import { postgresErrors } from "./postgres-error.ts";
import { openSession, type PostgresServer, type Session, type SessionOptions } from "./session.ts";

/**
 * Sessions with the primary, wherever it is at the time. The first failure of a connection lets all of them go, and the
 * next piece of work asks every server again.
 */
export interface SessionPool {
  /**
   * Lends a session to `work`, alone, for `timeoutMs` at most; then the session is destroyed and `postgres-unreachable`
   * is thrown, because a frozen server answers nothing at all. Rejects with what `work` rejects with, or with the
   * failure to connect. What is left of a transaction that failed is rolled back.
   */
  use<T>(work: Work<T>, timeoutMs: number): Promise<T>;
  /** Lets what is under way finish. Afterwards all is refused. Idempotent. */
  close(): Promise<void>;
}

export interface PoolOptions extends SessionOptions {
  readonly sessionsMax: number;
}

export const createSessionPool = (options: PoolOptions): SessionPool => new PrimaryPool(options);

interface Server {
  readonly place: PostgresServer;
  readonly idle: Session[];
  /** It was let go of: its sessions go as they come back. */
  isGone: boolean;
}

type Work<T> = (session: Session) => Promise<T>;

interface Borrowed {
  readonly server: Server;
  readonly session: Session;
}

class PrimaryPool implements SessionPool {
  readonly #options: PoolOptions;
  #server: Promise<Server> | null = null;
  #lent = 0;
  #closed = false;
  readonly #waiting: (() => void)[] = [];
  readonly #ended = Promise.withResolvers<void>();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async use<T>(work: Work<T>, timeoutMs: number): Promise<T> {
    await this.#turn();
    try {
      const borrowed = await this.#borrow();
      return await this.#lend(borrowed, work, timeoutMs);
    } finally {
      this.#lent -= 1;
      const next = this.#waiting.shift();
      if (next !== undefined) next();
      else if (this.#closed && this.#lent === 0) this.#ended.resolve();
    }
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      if (this.#lent === 0) this.#ended.resolve();
    }
    await this.#ended.promise;
    const server = await this.#server?.catch(() => null);
    await Promise.all((server?.idle.splice(0) ?? []).map((session) => session.close()));
  }

  async #turn(): Promise<void> {
    if (this.#closed) throw postgresErrors.make("postgres-unreachable", "the sink is closed");
    if (this.#lent >= this.#options.sessionsMax) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#lent += 1;
  }

  async #primary(): Promise<Server> {
    this.#server ??= openPrimary(this.#options).then((session) => ({
      place: session.server,
      idle: [session],
      isGone: false,
    }));
    const asked = this.#server;
    try {
      return await asked;
    } catch (error) {
      if (this.#server === asked) this.#server = null;
      throw error;
    }
  }

  /** A server that was the primary may be gone: then all are asked once more, and nothing is lost by it. */
  async #borrow(): Promise<Borrowed> {
    const server = await this.#primary();
    try {
      return { server, session: await this.#sessionOf(server) };
    } catch {
      await this.#forget(server);
    }
    const other = await this.#primary();
    return { server: other, session: await this.#sessionOf(other) };
  }

  async #lend<T>({ server, session }: Borrowed, work: Work<T>, timeoutMs: number): Promise<T> {
    try {
      const result = await inTime(session, work(session), { clock: this.#options.clock, timeoutMs });
      this.#takeBack(server, session);
      return result;
    } catch (error) {
      if (isLost(error) || !(await this.#rolledBack(session))) {
        session.destroy();
        await this.#forget(server);
      } else {
        this.#takeBack(server, session);
      }
      throw error;
    }
  }

  async #sessionOf({ idle, place }: Server): Promise<Session> {
    for (let session = idle.pop(); session !== undefined; session = idle.pop()) if (session.isAlive) return session;
    return await openSession(place, this.#options);
  }

  /** A session of a server that was let go of meanwhile is let go of too. */
  #takeBack(server: Server, session: Session): void {
    if (server.isGone) session.destroy();
    else server.idle.push(session);
  }

  async #forget(server: Server): Promise<void> {
    server.isGone = true;
    const current = await this.#server?.catch(() => null);
    if (current === server) this.#server = null;
    for (const session of server.idle.splice(0)) session.destroy();
  }

  /** Outside of a transaction it costs a warning of the server's, which nobody reads. */
  async #rolledBack(session: Session): Promise<boolean> {
    const { clock, connectTimeoutMs: timeoutMs } = this.#options;
    try {
      await inTime(session, session.query("ROLLBACK"), { clock, timeoutMs });
      return session.isAlive;
    } catch {
      return false;
    }
  }
}
