import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventDelivery } from "../../../cloud-sync/ingest/sink.ts";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { readingId } from "../../cloud-sync/ingest/sample-readings.ts";
import { carepost, type Finished } from "./run-carepost.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-ingest-events-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const eventOf = (number: number, event: string): EventDelivery => ({
  gateway: "gw-0001",
  id: readingId(number),
  type: "consent",
  at: Date.UTC(2026, 10, 22),
  body: `{"n":${number},\n "event":${event}}`,
});

const run = (...args: readonly string[]): Promise<Finished> =>
  carepost(["ingest", "events", ...args, "--sink", join(folder, "sink.db")], { folder });

async function sinkWith(events: readonly EventDelivery[]): Promise<void> {
  const sink = await openSqliteSink({ path: join(folder, "sink.db"), key: null, clock: systemClock, thread: "inline" });
  await sink.commitEvents(events);
  await sink.close();
}

test("events are listed in their order, what they say on request alone, and nothing of it steers the terminal", async () => {
  const hostile = '{"type":"consent","person":"sim-0001","x":"\\u001b[2Jé","list":[1],"long":"'.concat(
    "y".repeat(500),
    '"}',
  );
  await sinkWith([eventOf(1, '{"type":"consent","scope":"trend"}'), eventOf(2, hostile), eventOf(3, "{}")]);
  const plain = await run("--limit", "2");
  expect(plain).toMatchObject({ code: 0, stderr: "More may follow: --after 2\n" });
  expect(plain.stdout.split("\n")).toEqual([
    "POSITION  WHEN                 GATEWAY  TYPE     ID",
    `       1  2026-11-22 00:00:00  gw-0001  consent  ${readingId(1)}`,
    `       2  2026-11-22 00:00:00  gw-0001  consent  ${readingId(2)}`,
    "",
  ]);
  const [, first, second] = (await run("--detail")).stdout.split("\n");
  expect(first).toMatch(/ scope=trend$/);
  expect(second).toMatch(/ person=sim-0001 x=\?\[2J\? list=… long=y+…$/);
  expect((await run("--after", "2")).stdout).toContain(readingId(3));
  expect(await run("--after", "3")).toMatchObject({ code: 0, stdout: "", stderr: "There are no more events.\n" });
});

test("a program gets each event as it came, a line each, to the digit", async () => {
  const deep = `${"[".repeat(9_000)}${"]".repeat(9_000)}`;
  await sinkWith([eventOf(1, '{"type":"consent","big":12345678901234567890}'), eventOf(2, `{"deep":${deep}}`)]);
  const { code, stdout } = await run("--json");
  const [first = "", second = "", ...rest] = stdout.split("\n");
  expect([code, rest]).toEqual([0, [""]]);
  expect(first).toContain('"event":{"n":1,  "event":{"type":"consent","big":12345678901234567890}}}');
  expect(JSON.parse(first)).toMatchObject({ position: 1, committedAt: expect.any(Number), event: { n: 1 } });
  expect(second).toContain(deep);
});

test("a sink without events says so, and one that is not there is an error", async () => {
  expect(await run()).toMatchObject({ code: 1, stderr: expect.stringContaining("sink-absent") });
  await sinkWith([]);
  expect(await run()).toMatchObject({ code: 0, stdout: "", stderr: "There are no events.\n" });
});
