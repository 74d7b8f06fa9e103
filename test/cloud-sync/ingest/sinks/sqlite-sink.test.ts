import { mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openSinkReader, openSqliteSink } from "../../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { sinkDatabaseLimits } from "../../../../cloud-sync/ingest/sinks/open-sink-core.ts";
import { sinkSchema } from "../../../../cloud-sync/ingest/sinks/sink-schema.ts";
import { openDatabase } from "../../../../cloud-sync/sqlite/database.ts";
import type { Sink } from "../../../../cloud-sync/ingest/sink.ts";
import { sinkContract } from "../../../contracts/sink.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { glucose, readingId } from "../sample-readings.ts";

const key = new Uint8Array(32).fill(7);
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

for (const thread of ["inline", "worker"] as const) {
  sinkContract({
    name: `sqlite, ${thread}`,
    make: async () => {
      const path = newPath();
      const deadLettersPerGatewayMax = 5;
      const open = (): Promise<Sink> =>
        openSqliteSink({ path, key, clock: realClock, thread, deadLettersPerGatewayMax });
      return { sink: await open(), reopen: open, deadLettersPerGatewayMax };
    },
  });
}

test("a sink that another process writes can be read beside it", async () => {
  const path = newPath();
  const sink = await openSqliteSink({ path, key, clock: realClock, thread: "worker" });
  await sink.commit([{ gateway: "gw-1", reading: glucose(1) }]);
  const reader = openSinkReader({ path, key, clock: realClock });
  const before = await reader.lastPosition();
  expect(before).toBe(1);
  await sink.commit([{ gateway: "gw-1", reading: glucose(2) }]);
  expect(await reader.readings({ afterPosition: before, limit: 10 })).toHaveLength(1);
  expect(await reader.counts()).toEqual({ readings: 2, deadLetters: 0 });
  await reader.close();
  await sink.close();
});

test("a sink that is open cannot be opened by a second ingestor", async () => {
  const path = newPath();
  const sink = await openSqliteSink({ path, key, clock: realClock, thread: "worker" });
  const second = openSqliteSink({ path, key, clock: realClock, thread: "worker" });
  await expect(second).rejects.toMatchObject({
    code: "store-locked",
    remedy: expect.stringContaining("Another process"),
  });
  await sink.close();
});

test("a sink opened with another key says so, and changes nothing", async () => {
  const path = newPath();
  const sink = await openSqliteSink({ path, key, clock: realClock, thread: "inline" });
  await sink.commit([{ gateway: "gw-1", reading: glucose(1) }]);
  await sink.close();
  const wrong = openSqliteSink({ path, key: new Uint8Array(32).fill(8), clock: realClock, thread: "worker" });
  await expect(wrong).rejects.toMatchObject({ code: "store-key-wrong" });
  const again = await openSqliteSink({ path, key, clock: realClock, thread: "inline" });
  expect((await again.counts()).readings).toBe(1);
  await again.close();
});

test("a sink of the version before gets a place for events, and keeps what it has", async () => {
  const path = newPath();
  const older = { ...sinkSchema, migrations: sinkSchema.migrations.slice(0, 1) };
  const database = openDatabase({ path, key, at: 0, schema: older, limits: sinkDatabaseLimits });
  database.sql
    .prepare("INSERT INTO readings (id, revision, gateway, kind, body, committed_at) VALUES (?, 1, 'gw-1', ?, ?, 0)")
    .run(Buffer.from(readingId(1).replaceAll("-", ""), "hex"), "glucose", JSON.stringify(glucose(1)));
  database.close();
  expect(() => openSinkReader({ path, key, clock: realClock })).toThrow(
    expect.objectContaining({ code: "store-schema-older" }),
  );
  const sink = await openSqliteSink({ path, key, clock: realClock, thread: "worker" });
  const event = { gateway: "gw-1", id: readingId(1), type: "tombstone", at: 1, body: "{}" };
  expect(await sink.commitEvents([event])).toEqual(["stored"]);
  expect(await sink.commit([{ gateway: "gw-1", reading: glucose(1) }])).toEqual(["duplicate"]);
  expect(await sink.readings({ afterPosition: 0, limit: 9 })).toHaveLength(1);
  await sink.close();
});

test("a damaged sink is set aside with an error once, and the next start begins a new one", async () => {
  const path = newPath();
  const sink = await openSqliteSink({ path, key, clock: realClock, thread: "inline" });
  await sink.commit([{ gateway: "gw-1", reading: glucose(1) }]);
  await sink.close();
  truncateSync(path, 5000);
  const start = openSqliteSink({ path, key, clock: realClock, thread: "worker" });
  await expect(start).rejects.toMatchObject({ code: "store-damaged" });
  const next = await openSqliteSink({ path, key, clock: realClock, thread: "worker" });
  expect((await next.counts()).readings).toBe(0);
  await next.close();
});

test("with a key no text of a reading is in the sink's files", async () => {
  const path = newPath();
  const sink = await openSqliteSink({ path, key, clock: realClock, thread: "inline" });
  await sink.commit([{ gateway: "gw-canary", reading: glucose(1, { person: "canary-person" }) }]);
  const bytes = Buffer.concat([readFileSync(path), readFileSync(`${path}-wal`)]);
  expect(bytes.includes("canary")).toBe(false);
  await sink.close();
  const plain = newPath();
  const open = await openSqliteSink({ path: plain, key: null, clock: realClock, thread: "inline" });
  await open.commit([{ gateway: "gw-canary", reading: glucose(1) }]);
  const readable = Buffer.concat([readFileSync(plain), readFileSync(`${plain}-wal`)]);
  expect(readable.includes("canary")).toBe(true);
  await open.close();
});

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "carepost-sink-"));
  folders.push(folder);
  return join(folder, "sink.db");
}
