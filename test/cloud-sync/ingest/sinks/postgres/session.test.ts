import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openSession, type Session } from "../../../../../cloud-sync/ingest/sinks/postgres/session.ts";
import { type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { realClock } from "../../../../doubles/real-clock.ts";

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgres({ settings: ["fsync = off"] });
});
afterAll(() => cluster.remove());

async function session(): Promise<Session> {
  const { host, port } = cluster;
  const login = { servers: [{ host, port }], database: cluster.createDatabase(), user: "postgres", password: null };
  const options = { ...login, tls: null, applicationName: "test", connectTimeoutMs: 10_000, clock: realClock };
  const opened = await openSession({ host, port }, options);
  onTestFinished(() => opened.close());
  return opened;
}

const sum = "SELECT $1::integer + $2::bigint AS sum";

const parsed = async (of: Session): Promise<readonly string[]> =>
  (await of.query<{ statement: string }>("SELECT statement FROM pg_prepared_statements")).map(
    ({ statement }) => statement,
  );

test("a statement that was prepared is executed without being parsed anew", async () => {
  const own = await session();
  await own.prepare([sum, "SELECT 1 AS one"]);
  await own.prepare([sum]);
  expect((await parsed(own)).filter((statement) => statement === sum)).toHaveLength(1);
  expect(await own.query(sum, [2, 40])).toEqual([{ sum: "42" }]);
  expect(await own.query(sum, ["1", null])).toEqual([{ sum: null }]);
  expect((await parsed(own)).filter((statement) => statement === sum)).toHaveLength(1);
});

test("a statement that the server does not understand is refused when it is prepared, and others are not harmed", async () => {
  const own = await session();
  await expect(own.prepare([sum, "SELECT nonsense FROM nowhere"])).rejects.toMatchObject({
    code: "postgres-schema-absent",
  });
  expect(await own.query(sum, [1, 1])).toEqual([{ sum: "2" }]);
  await expect(own.prepare(["SELECT nonsense FROM nowhere"])).rejects.toMatchObject({ code: "postgres-schema-absent" });
});
