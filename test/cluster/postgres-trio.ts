import { setTimeout as sleep } from "node:timers/promises";
import { type PostgresCluster, startPostgres } from "../doubles/postgres-cluster.ts";

/** Three servers of PostgreSQL, of which one more than the primary has every commit before it is acknowledged. */
export interface PostgresTrio {
  /** As the configuration has them: `host:port,host:port,host:port`. They stay the same whoever is the primary. */
  readonly hosts: string;
  sql(text: string): string;
  /** SIGKILL to a standby, and a start a little later. */
  restartStandby(awayMs: number): Promise<void>;
  /**
   * SIGKILL to the primary; the standby that has more is promoted, the other one follows it, and a new standby takes
   * the dead one's place: what an agent such as Patroni does.
   */
  failOver(): Promise<void>;
  remove(): Promise<void>;
}

interface Member {
  readonly name: string;
  server: PostgresCluster;
}

const names = ["n1", "n2", "n3"];
const settings = [
  `synchronous_standby_names = 'ANY 1 (${names.join(", ")})'`,
  "wal_keep_size = 256MB",
  "max_wal_size = 512MB",
];

/** Starts all three, and makes the database `carepost`. */
export async function startTrio(parent: string): Promise<PostgresTrio> {
  const first = await startPostgres({ parent, settings });
  const trio = new Trio(parent, { name: "n1", server: first });
  try {
    for (const name of names.slice(1)) await trio.join(name);
    first.sql("CREATE DATABASE carepost");
    return trio;
  } catch (error) {
    await trio.remove();
    throw error;
  }
}

class Trio implements PostgresTrio {
  readonly #parent: string;
  #primary: Member;
  #standbys: readonly Member[] = [];

  constructor(parent: string, primary: Member) {
    this.#parent = parent;
    this.#primary = primary;
  }

  get hosts(): string {
    const members = [this.#primary, ...this.#standbys].toSorted((a, b) => a.name.localeCompare(b.name));
    return members.map(({ server }) => `${server.host}:${server.port}`).join(",");
  }

  async join(name: string, port?: number): Promise<void> {
    const standbyOf = { primary: this.#primary.server, name };
    const place = port === undefined ? {} : { port };
    const server = await startPostgres({ parent: this.#parent, standbyOf, ...place });
    this.#standbys = [...this.#standbys, { name, server }];
  }

  sql(text: string): string {
    return this.#primary.server.sql(text, "carepost");
  }

  async restartStandby(awayMs: number): Promise<void> {
    const standby = this.#standbys[0]?.server;
    await standby?.kill();
    await sleep(awayMs);
    await standby?.start();
  }

  async failOver(): Promise<void> {
    const dead = this.#primary;
    await dead.server.kill();
    // With a quorum of one either standby alone may have what was acknowledged last.
    const [next, other] = this.#standbys.toSorted((a, b) => receivedBytes(b) - receivedBytes(a));
    if (next === undefined || other === undefined) throw new RangeError("there is no standby to promote");
    next.server.sql("SELECT pg_promote(true)");
    this.#primary = next;
    this.#standbys = [other];
    follow(other, next);
    await dead.server.remove();
    await this.join(dead.name, dead.server.port);
  }

  async remove(): Promise<void> {
    for (const { server } of [...this.#standbys, this.#primary]) await server.remove();
  }
}

const receivedBytes = ({ server }: Member): number => Number(server.sql("SELECT pg_last_wal_receive_lsn() - '0/0'"));

function follow(standby: Member, primary: Member): void {
  const { folder, port } = primary.server;
  const from = `host=${folder} port=${port} user=postgres application_name=${standby.name}`;
  standby.server.sql(`ALTER SYSTEM SET primary_conninfo = '${from}'`);
  standby.server.sql("SELECT pg_reload_conf()");
}
