import { writeSync } from "node:fs";
import Database from "better-sqlite3";

/** The planted fault of the kills at system calls: a writer that says "acknowledged" before its transaction is committed. */
const [path, rows] = process.argv.slice(2);
const database = new Database(path);
database.pragma("journal_mode=WAL");
database.pragma("synchronous=FULL");
database.exec("CREATE TABLE entry(id TEXT PRIMARY KEY) STRICT");
const insert = database.prepare("INSERT INTO entry(id) VALUES (?)");
for (let row = 0; row < Number(rows); row += 1) {
  database.exec("BEGIN IMMEDIATE");
  insert.run(`row-${row}`);
  writeSync(1, `acknowledged row-${row}\n`);
  database.exec("COMMIT");
}
