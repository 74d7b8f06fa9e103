import { afterAll, beforeAll, beforeEach } from "vitest";
import { type PostgresCluster, startPostgres } from "./postgres-cluster.ts";

export interface TestPostgres {
  readonly server: PostgresCluster;
  /** The database of this test alone. */
  readonly database: string;
}

/** One server for all tests of a file, each of which has a database of its own in it, and leaves the server as it was. */
export function testPostgres(): TestPostgres {
  let server: PostgresCluster | null = null;
  let database = "";
  const started = (): PostgresCluster => {
    if (server === null) throw new Error("there is no server");
    return server;
  };
  beforeAll(async () => {
    server = await startPostgres({ settings: ["fsync = off"] });
  });
  afterAll(() => server?.remove());
  beforeEach(() => {
    database = started().createDatabase();
  });
  return {
    get server() {
      return started();
    },
    get database() {
      return database;
    },
  };
}
