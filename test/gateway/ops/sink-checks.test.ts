import { expect, test } from "vitest";
import type { PrimaryFacts } from "../../../cloud-sync/ingest/sinks/postgres/postgres-facts.ts";
import type { ServerState } from "../../../cloud-sync/ingest/sinks/postgres/choose-server.ts";
import { postgresErrors } from "../../../cloud-sync/ingest/sinks/postgres/postgres-error.ts";
import {
  judgeClock,
  judgeDurability,
  judgeSchema,
  judgeServers,
  judgeTransport,
} from "../../../gateway/ops/checks/sink-checks.ts";

const server = (host: string, changes: Partial<ServerState> = {}): ServerState => ({
  server: { host, port: 5432 },
  fault: null,
  isStandby: false,
  isReadOnly: false,
  timeline: 1,
  ...changes,
});

const standby = server("b", { isStandby: true, timeline: null });
const away = server("c", { fault: postgresErrors.make("postgres-unreachable", "no answer"), timeline: null });

const primary: PrimaryFacts = {
  version: "PostgreSQL 15.18 (Debian 15.18-1) on x86_64",
  encrypted: true,
  clockAheadMs: 12,
  settings: new Map([
    ["fsync", "on"],
    ["full_page_writes", "on"],
    ["synchronous_standby_names", ""],
  ]),
  schema: { missingPartitions: 0, strays: 0, deadLetters: 0 },
};

test("one primary is right; a server that is away is told; two primaries and none fail", () => {
  const facts = { primary: null };
  expect(judgeServers({ ...facts, servers: [server("a"), standby] })).toMatchObject({ status: "ok" });
  expect(judgeServers({ ...facts, servers: [server("a"), away] })).toMatchObject({
    status: "warn",
    finding: expect.stringContaining("no answer"),
  });
  expect(judgeServers({ ...facts, servers: [server("a"), server("b", { timeline: 2 })] })).toMatchObject({
    status: "fail",
    mend: expect.stringContaining("earlier timeline"),
  });
  expect(judgeServers({ ...facts, servers: [standby, away] })).toMatchObject({ status: "fail" });
  expect(judgeServers({ ...facts, servers: [standby] }).mend).toContain("Promote");
});

test("servers of an engine that has no timelines may all take writes", () => {
  const servers = [server("a", { timeline: null }), server("b", { timeline: null })];
  expect(judgeServers({ primary: null, servers })).toMatchObject({ status: "ok" });
});

test("a server that does not wait for its disk fails, and one without a standby among several is told", () => {
  const withSetting = (name: string, value: string): PrimaryFacts => ({
    ...primary,
    settings: new Map([...primary.settings, [name, value]]),
  });
  expect(judgeDurability(primary, false)).toMatchObject({ status: "ok" });
  expect(judgeDurability(primary, true)).toMatchObject({ status: "warn" });
  expect(judgeDurability(withSetting("synchronous_standby_names", "ANY 1 (b)"), true).finding).toContain("ANY 1 (b)");
  expect(judgeDurability(withSetting("fsync", "off"), false)).toMatchObject({ status: "fail" });
});

test("clocks that differ, months without a partition and readings beyond all months are told", () => {
  expect(judgeClock(primary).status).toBe("ok");
  expect(judgeClock({ ...primary, clockAheadMs: -60_000 })).toMatchObject({
    status: "warn",
    finding: expect.stringContaining("60.0 s behind"),
  });
  const schema = { missingPartitions: 0, strays: 0, deadLetters: 0 };
  expect(judgeSchema({ ...primary, schema: null }).status).toBe("warn");
  expect(judgeSchema({ ...primary, schema: { ...schema, missingPartitions: 2 } }).finding).toContain("2 months");
  expect(judgeSchema({ ...primary, schema: { ...schema, strays: 7 } }).finding).toContain("7 readings");
  expect(judgeSchema({ ...primary, schema: { ...schema, strays: 100_000 } }).finding).toContain("or more");
});

test("the engine and its transport are named", () => {
  expect(judgeTransport(primary).finding).toBe("PostgreSQL 15.18, encrypted");
  expect(judgeTransport({ ...primary, encrypted: false }).finding).toContain("in plain");
  expect(judgeTransport({ ...primary, encrypted: null }).finding).toContain("does not tell");
});
