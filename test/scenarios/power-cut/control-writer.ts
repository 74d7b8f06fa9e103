import { writeSync } from "node:fs";
import Database from "better-sqlite3";

/**
 * The planted fault: a writer that says "acknowledged" although its database runs with synchronous=NORMAL, which is what
 * better-sqlite3 does in WAL mode unless it is told otherwise. A harness that finds no loss here can find none anywhere.
 */
const [path, rows] = process.argv.slice(2);
const database = new Database(path);
database.pragma("journal_mode=WAL");
database.pragma("synchronous=NORMAL");
database.exec("CREATE TABLE entry(id TEXT PRIMARY KEY) STRICT");
const insert = database.prepare("INSERT INTO entry(id) VALUES (?)");
for (let row = 0; row < Number(rows); row += 1) {
  insert.run(`row-${row}`);
  writeSync(1, `acknowledged row-${row}\n`);
}
