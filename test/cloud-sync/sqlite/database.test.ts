import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { type Database, type DatabaseOptions, openDatabase, openReader } from "../../../cloud-sync/sqlite/database.ts";
import { testKey } from "../../gateway/store/store-entries.ts";
import { temporaryFolder } from "../../gateway/store/store-rig.ts";
import { tallySchema } from "./tally-core.ts";

const at = Date.UTC(2026, 0, 30, 6, 5, 4);

function optionsFor(path: string, changes: Partial<DatabaseOptions> = {}): DatabaseOptions {
  return { path, key: testKey, schema: tallySchema, at, ...changes };
}

const newPath = (): string => join(temporaryFolder(), "tally.db");

function opened(path: string, changes: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(optionsFor(path, changes));
  onTestFinished(() => database.close());
  return database;
}

/** A database with so many numbers in it, closed. */
function filled(path: string, changes: Partial<DatabaseOptions> = {}): void {
  const database = openDatabase(optionsFor(path, changes));
  const insert = database.sql.prepare("INSERT INTO tally VALUES (?)");
  database.sql.transaction(() => {
    for (let value = 0; value < 5_000; value++) insert.run(value);
  })();
  database.close();
}

const countIn = (database: Database): unknown => database.sql.prepare("SELECT count(*) FROM tally").pluck().get();

function changeByte(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(offset) ^ 0x40, offset);
  writeFileSync(path, bytes);
}

/** The names of what lies beside the database under another name than its own. */
const asideOf = (path: string): readonly string[] =>
  readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.damaged-`));

test("a new database is durable, strict in its keys, and reports that it is new", () => {
  const database = opened(newPath());
  expect(database.report).toEqual({ isNew: true, setAside: null, wasClosed: true, isChecked: true });
  const pragmas = ["journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store"];
  expect(pragmas.map((name) => database.sql.pragma(name, { simple: true }))).toEqual(["wal", 2, 1, 1, 2]);
  database.sql.exec("INSERT INTO tally VALUES (1)");
  expect(database.sql.pragma("synchronous", { simple: true })).toBe(2);
});

test("a new database and its WAL are for their owner alone, and whoever is let in later stays so", () => {
  const before = process.umask(0o022);
  onTestFinished(() => void process.umask(before));
  const path = newPath();
  const modes = (): readonly string[] =>
    ["", "-wal", "-shm", "-guard"].map((suffix) => (statSync(path + suffix).mode & 0o777).toString(8));
  const first = openDatabase(optionsFor(path));
  expect(modes()).toEqual(["600", "600", "600", "600"]);
  first.close();
  chmodSync(path, 0o640);
  opened(path);
  expect(modes()).toEqual(["640", "640", "640", "600"]);
});

test("a second opening is refused as locked, until the first is closed", () => {
  const path = newPath();
  const first = openDatabase(optionsFor(path));
  expect(() => openDatabase(optionsFor(path))).toThrow(expect.objectContaining({ code: "store-locked" }));
  first.close();
  opened(path);
});

test("a database that another program holds locked for writing is reported as locked", () => {
  const path = newPath();
  const database = opened(path, { key: null, limits: { busyTimeoutMs: 1 } });
  const other = new Sqlite(path);
  onTestFinished(() => void other.close());
  other.exec("BEGIN IMMEDIATE");
  expect(() => database.sql.exec("INSERT INTO tally VALUES (1)")).toThrow("locked");
  other.exec("ROLLBACK");
  database.sql.exec("INSERT INTO tally VALUES (1)");
  expect(countIn(database)).toBe(1);
});

test("a folder that does not exist is named, and not made", () => {
  const path = join(temporaryFolder(), "absent", "tally.db");
  expect(() => openDatabase(optionsFor(path))).toThrow(expect.objectContaining({ code: "store-unreachable" }));
  expect(existsSync(dirname(path))).toBe(false);
});

for (const [what, key] of [
  ["another key", new Uint8Array(32).fill(8)],
  ["no key", null],
  ["a key that is too short", new Uint8Array(16)],
] as const) {
  test(`with ${what} a good file is refused and stays where it is, also when its guard is lost`, () => {
    const path = newPath();
    filled(path);
    const before = readFileSync(path);
    for (const suffix of ["-guard", "-none"]) {
      expect(() => openDatabase(optionsFor(path, { key }))).toThrow(
        expect.objectContaining({ code: "store-key-wrong" }),
      );
      rmSync(path + suffix, { force: true });
    }
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(asideOf(path)).toEqual([]);
    expect(countIn(opened(path))).toBe(5_000);
  });
}

test("a key for a database without one is refused, and the file stays", () => {
  const path = newPath();
  filled(path, { key: null });
  expect(() => openDatabase(optionsFor(path))).toThrow(expect.objectContaining({ code: "store-key-wrong" }));
  rmSync(`${path}-guard`);
  expect(() => openDatabase(optionsFor(path))).toThrow(expect.objectContaining({ code: "store-key-wrong" }));
  expect(countIn(opened(path, { key: null }))).toBe(5_000);
});

for (const key of [testKey, null]) {
  const kind = key === null ? "plain" : "encrypted";
  const damages: Readonly<Record<string, (path: string) => void>> = {
    "a changed head": (path) => changeByte(path, 3),
    "a changed page size": (path) => changeByte(path, 17),
    "a file that ends in the middle": (path) => truncateSync(path, 6_000),
    "a file that is empty": (path) => truncateSync(path, 0),
    "a page of noise": (path) => overwritePage(path, 4),
  };
  for (const [damage, apply] of Object.entries(damages)) {
    test(`${kind}: ${damage} is set aside and reported, and a new database begun`, () => {
      const path = newPath();
      filled(path, { key });
      apply(path);
      const damaged = readFileSync(path);
      const database = opened(path, { key });
      expect(database.report).toMatchObject({ isNew: true, setAside: { path: `${path}.damaged-20260130T060504Z` } });
      expect(readFileSync(database.report.setAside?.path ?? "").equals(damaged)).toBe(true);
      expect(countIn(database)).toBe(0);
    });
  }
}

function overwritePage(path: string, page: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, page * 4_096, (page + 1) * 4_096);
  writeFileSync(path, bytes);
}

test("what is set aside twice in one second gets two names, and takes its WAL along", () => {
  const path = newPath();
  for (let time = 0; time < 2; time++) {
    filled(path);
    changeByte(path, 3);
    writeFileSync(`${path}-wal`, "what was in the WAL");
    openDatabase(optionsFor(path)).close();
  }
  const aside = asideOf(path).filter((name) => !name.endsWith("-guard"));
  const first = "tally.db.damaged-20260130T060504Z";
  expect(aside.toSorted()).toEqual([first, `${first}-wal`, `${first}.2`, `${first}.2-wal`].toSorted());
});

test("a WAL without its database is kept, and not taken for the new one's", () => {
  const path = newPath();
  writeFileSync(`${path}-wal`, "from another life");
  const database = opened(path);
  expect(database.report.setAside?.reason).toContain("WAL");
  expect(readFileSync(`${database.report.setAside?.path ?? ""}-wal`, "utf8")).toBe("from another life");
});

test("a WAL that ends in the middle loses what was not whole, and nothing before it", () => {
  const path = newPath();
  const database = openDatabase(optionsFor(path));
  for (let value = 0; value < 10; value++) database.sql.prepare("INSERT INTO tally VALUES (?)").run(value);
  const [file, wal] = [readFileSync(path), readFileSync(`${path}-wal`)];
  const guard = readFileSync(`${path}-guard`);
  database.close();
  const copy = newPath();
  writeFileSync(copy, file);
  writeFileSync(`${copy}-guard`, guard);
  writeFileSync(`${copy}-wal`, wal.subarray(0, wal.length - 100));
  const recovered = opened(copy);
  expect(recovered.report).toMatchObject({ setAside: null, wasClosed: false });
  expect(countIn(recovered)).toBe(9);
});

test("a newer schema and a foreign file are refused, and left as they are", () => {
  const path = newPath();
  const later = { ...tallySchema, migrations: [...tallySchema.migrations, "CREATE TABLE more (a INTEGER) STRICT"] };
  filled(path, { schema: later });
  const before = readFileSync(path);
  expect(() => openDatabase(optionsFor(path))).toThrow(expect.objectContaining({ code: "store-schema-newer" }));
  const other = { ...tallySchema, applicationId: 1 };
  expect(() => openDatabase(optionsFor(path, { schema: other }))).toThrow(
    expect.objectContaining({ code: "store-foreign" }),
  );
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("migrations run once each, and one that fails leaves the version before it", () => {
  const path = newPath();
  filled(path);
  const broken = {
    ...tallySchema,
    migrations: [...tallySchema.migrations, "CREATE TABLE b (a INTEGER) STRICT; nonsense"],
  };
  expect(() => openDatabase(optionsFor(path, { schema: broken }))).toThrow(
    expect.objectContaining({ code: "store-request-failed" }),
  );
  const mended = { ...tallySchema, migrations: [...tallySchema.migrations, "CREATE TABLE b (a INTEGER) STRICT"] };
  const database = opened(path, { schema: mended });
  expect(countIn(database)).toBe(5_000);
  expect(database.sql.prepare("SELECT count(*) FROM b").pluck().get()).toBe(0);
});

test("a reader sees what the writer commits, and can change nothing", () => {
  const path = newPath();
  const writer = opened(path);
  const reader = openReader(optionsFor(path));
  onTestFinished(() => reader.close());
  writer.sql.exec("INSERT INTO tally VALUES (1)");
  expect(countIn(reader)).toBe(1);
  expect(() => reader.sql.exec("INSERT INTO tally VALUES (2)")).toThrow("readonly");
});

test("a reader is refused where there is nothing, a wrong key, or an older schema", () => {
  const path = newPath();
  expect(() => openReader(optionsFor(path))).toThrow(expect.objectContaining({ code: "store-unreachable" }));
  filled(path);
  const later = { ...tallySchema, migrations: [...tallySchema.migrations, "CREATE TABLE more (a INTEGER) STRICT"] };
  expect(() => openReader(optionsFor(path, { schema: later }))).toThrow(
    expect.objectContaining({ code: "store-schema-older" }),
  );
  const key = new Uint8Array(32);
  expect(() => openReader(optionsFor(path, { key }))).toThrow(expect.objectContaining({ code: "store-key-wrong" }));
});

test("a file that is too large to be read whole is opened without, and says so", () => {
  const path = newPath();
  filled(path);
  const database = opened(path, { limits: { checkBytesMax: 1_000 } });
  expect(database.report).toMatchObject({ isChecked: false, wasClosed: true });
});

test("the WAL is bounded by checkpoints, and grows only while a reader stands in their way", () => {
  const path = newPath();
  const database = opened(path, { limits: { walBytesMax: 64 * 1_024 } });
  const write = (times: number): void => {
    for (let time = 0; time < times; time++) database.sql.exec("INSERT INTO tally SELECT max(value) + 1 FROM tally");
  };
  database.sql.exec("INSERT INTO tally VALUES (1)");
  write(100);
  expect(statSync(`${path}-wal`).size).toBeLessThanOrEqual(64 * 1_024);
  const reader = openReader(optionsFor(path));
  reader.sql.exec("BEGIN");
  countIn(reader);
  write(100);
  expect(database.checkpoint()).toBe(false);
  expect(database.space().walBytes).toBeGreaterThan(64 * 1_024);
  reader.close();
  expect(database.checkpoint()).toBe(true);
  expect(database.space().walBytes).toBe(0);
  expect(countIn(database)).toBe(201);
});

test("a database that was moved keeps its guard by its name, and without it is tried with the key", () => {
  const path = newPath();
  filled(path);
  const moved = newPath();
  renameSync(path, moved);
  const database = opened(moved);
  expect(database.report.setAside).toBeNull();
  expect(countIn(database)).toBe(5_000);
  expect(existsSync(`${moved}-guard`)).toBe(true);
});
