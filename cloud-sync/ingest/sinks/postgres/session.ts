import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import postgres from "postgres";
import type { Clock } from "../../../../device-drivers/ports/clock.ts";
import { faultOf } from "./fault-of.ts";
import { inTime } from "./in-time.ts";
import { postgresErrors } from "./postgres-error.ts";

/** One server of the list: a host name or an address, or the folder of a Unix socket, which starts with `/`. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
}

/** How to log in, and to what. */
export interface PostgresAccess {
  readonly servers: readonly PostgresServer[];
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** Null: in plain, which is for this machine only, as a Unix socket is anyway. */
  readonly tls: PostgresTls | null;
}

/** PEM texts. The server's name and its chain are always verified. */
export interface PostgresTls {
  /** Null: the authorities that Node trusts. */
  readonly ca: string | null;
  /** This program's own certificate, where the server wants one. */
  readonly cert: string | null;
  readonly key: string | null;
}

export interface SessionOptions extends PostgresAccess {
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
}

export type SqlValue = string | number | Uint8Array | null;

/**
 * One connection, which is never made anew: once it is lost, all that is asked of it is refused, so that a transaction
 * cannot go on, without its beginning, on another connection. Failures are `postgresErrors`.
 */
export interface Session {
  readonly server: PostgresServer;
  /** False after it was lost or closed. */
  readonly isAlive: boolean;
  /**
   * Runs one statement; several that are asked at once travel together and run in order. With values it is prepared
   * once a session. Arrays travel as texts (`array-text.ts`), and `bigint` comes back as a text.
   */
  query<Row extends object = object>(text: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /**
   * Has the server parse these statements, each once a session, before a transaction needs them. The package has a new
   * statement described, and waits for that, before it has it executed: whoever is frozen just then holds the locks of
   * its transaction for as long as it is, because for the server it is in the midst of a statement, which neither the
   * time-out of statements nor that of idle transactions ends while it reads from its client.
   */
  prepare(texts: readonly string[]): Promise<void>;
  /**
   * COMMIT. Rejects with `postgres-unreachable` if it is not known to be durable: the connection was lost, or somebody
   * cancelled the wait for a standby, whereupon the server reports success with a warning.
   */
  commit(): Promise<void>;
  close(): Promise<void>;
  /** At once, whatever is under way: the server may be frozen. */
  destroy(): void;
}

/** Connects and logs in. Rejects with `postgres-unreachable`, `postgres-login-refused`, `postgres-not-trusted`. */
export async function openSession(server: PostgresServer, options: SessionOptions): Promise<Session> {
  const session = new WireSession(server, options);
  try {
    // Each step of the way has its own limit; this one is for a server that takes each to the full.
    await inTime(session, session.query("SELECT 1"), { clock: options.clock, timeoutMs: 2 * options.connectTimeoutMs });
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

/**
 * The package `postgres` speaks the protocol, for one connection; its pool is not used. It would connect anew without
 * a word, it waits for ever where several hosts are all down, and a ROLLBACK that it sends of itself on a connection
 * that is gone throws outside of any promise. What it holds back while the socket is full it forgets when the connection
 * is lost just then: so whatever is under way is refused here (porsager/postgres#1186).
 */
class WireSession implements Session {
  readonly server: PostgresServer;
  readonly #sql: postgres.Sql;
  readonly #prepared = new Set<string>();
  /** The rejections of all that is under way. */
  readonly #underWay = new Set<(error: Error) => void>();
  #socket: Socket | null = null;
  #isAlive = true;
  #unreplicated = false;

  constructor(server: PostgresServer, options: SessionOptions) {
    this.server = server;
    const ends = {
      // The package knows this option, its types do not.
      socket: (): Promise<Socket> => this.#connect(options.connectTimeoutMs),
      onclose: (): void => this.#lose(),
      onnotice: ({ routine }: { readonly routine?: string }): void => {
        // The only place of the server's source from which this warning comes; its text is translated.
        if (routine === "SyncRepWaitForLSN") this.#unreplicated = true;
      },
    };
    this.#sql = postgres(
      Object.assign(wireOptions(options, server.host), { host: server.host, port: server.port }, ends),
    );
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  async query<Row extends object = object>(text: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return await this.#run<Row>(text, values);
  }

  async prepare(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      if (this.#prepared.has(text)) continue;
      const values = Array<string>(placeholders(text)).fill("");
      await this.#attempt(() => this.#sql.unsafe(text, values, { prepare: true }).describe());
      this.#prepared.add(text);
    }
  }

  async commit(): Promise<void> {
    const { command } = await this.#run("COMMIT", []);
    if (command !== "COMMIT") throw postgresErrors.make("postgres-failed", `COMMIT was answered by ${command}`);
    if (!this.#unreplicated) return;
    this.destroy();
    throw postgresErrors.make("postgres-unreachable", "the wait for a standby was cancelled");
  }

  async close(): Promise<void> {
    if (this.#isAlive) {
      this.#isAlive = false;
      await this.#sql.end({ timeout: closeTimeoutS });
    }
    this.#socket?.destroy();
  }

  destroy(): void {
    this.#lose();
    // The package sees the socket close. To end it by its own means would write to a socket that is gone.
    this.#socket?.destroy();
  }

  async #run<Row extends object>(text: string, values: readonly SqlValue[]): Promise<postgres.RowList<Row[]>> {
    return await this.#attempt(() => this.#sql.unsafe<Row[]>(text, [...values], { prepare: true }));
  }

  async #attempt<T>(ask: () => PromiseLike<T>): Promise<T> {
    if (!this.#isAlive) throw connectionLost();
    const { promise: lost, reject } = Promise.withResolvers<never>();
    this.#underWay.add(reject);
    try {
      return await Promise.race([ask(), lost]);
    } catch (error) {
      throw faultOf(error);
    } finally {
      this.#underWay.delete(reject);
    }
  }

  #lose(): void {
    this.#isAlive = false;
    for (const reject of this.#underWay) reject(connectionLost());
  }

  async #connect(timeoutMs: number): Promise<Socket> {
    if (this.#socket !== null) throw connectionLost();
    this.#socket = await openSocket(this.server, timeoutMs);
    return this.#socket;
  }
}

const connectionLost = (): Error => postgresErrors.make("postgres-unreachable", "the connection was lost");

const placeholders = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));

const closeTimeoutS = 5;

/** Everything is said: what is not, the package would take from the environment. */
function wireOptions(access: SessionOptions, host: string): WireOptions {
  const { database, user, password, tls, applicationName, connectTimeoutMs } = access;
  const options: WireOptions = {
    database,
    user,
    pass: password ?? "",
    ssl: tls === null || host.startsWith("/") ? false : tlsOptions(tls, host),
    max: 1,
    prepare: true,
    fetch_types: false,
    max_lifetime: null,
    idle_timeout: 0,
    keep_alive: 30,
    connect_timeout: connectTimeoutMs / 1000,
    debug: false,
    connection: { application_name: applicationName },
  };
  return Object.assign(options, { sslnegotiation: null, max_pipeline: 100 });
}

type WireOptions = postgres.Options<Record<string, postgres.PostgresType>>;

const tlsOptions = ({ ca, cert, key }: PostgresTls, host: string): object => ({
  rejectUnauthorized: true,
  // Of an address the package tells Node nothing, and Node would then look for the name "localhost".
  checkServerIdentity: (_name: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  minVersion: "TLSv1.2",
  ...(ca === null ? {} : { ca }),
  ...(cert === null || key === null ? {} : { cert, key }),
});

async function openSocket({ host, port }: PostgresServer, timeoutMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = host.startsWith("/") ? connect(join(host, `.s.PGSQL.${port}`)) : connect(port, host);
  socket.setNoDelay(true);
  socket.setTimeout(timeoutMs, () => reject(postgresErrors.make("postgres-unreachable", `${host} does not answer`)));
  socket.once("connect", resolve);
  socket.once("error", reject);
  try {
    await promise;
    socket.setTimeout(0);
    socket.off("error", reject);
    // The package takes the name that the certificate must bear from here.
    return Object.assign(socket, { host, port });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
