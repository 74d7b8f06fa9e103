import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openSession, type Session } from "../../../../../cloud-sync/ingest/sinks/postgres/session.ts";
import { startCuttingProxy } from "../../../../doubles/cutting-proxy.ts";
import { type PostgresCluster, startPostgres } from "../../../../doubles/postgres-cluster.ts";
import { realClock } from "../../../../doubles/real-clock.ts";

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgres({ settings: ["fsync = off"] });
});
afterAll(() => cluster.remove());

async function session(port = cluster.port): Promise<Session> {
  const { host } = cluster;
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

test("what a full socket holds back is refused as soon as the connection is lost", async () => {
  const proxy = await startCuttingProxy(cluster.port);
  onTestFinished(() => proxy.stop());
  const own = await session(proxy.port);
  const length = "SELECT length($1::text)";
  await own.prepare([length]);
  proxy.cutAt("the beginning", "question");
  // More than the machine keeps of it: the statements after it wait until some of it has gone.
  const large = `the beginning${"x".repeat(64 * 2 ** 20)}`;
  const asked = [own.query(length, [large]), own.query("SELECT 1"), own.query("SELECT 2")];
  const refused = asked.map((answer) => expect(answer).rejects.toMatchObject({ code: "postgres-unreachable" }));
  await Promise.all(refused);
  expect(own.isAlive).toBe(false);
});
