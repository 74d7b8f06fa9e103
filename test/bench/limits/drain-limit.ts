import Database from "better-sqlite3";
import mqtt from "mqtt";
import { cpuSeconds } from "../figure.ts";

/**
 * The least that a drain through mqtt.js can cost: rows are read in pages, `pack` of them make a message, a window of
 * messages slides over the pages, and one watermark is moved a page. It believes a PUBACK, so it does less than we promise.
 */
export interface DrainLimit {
  readonly readingsPerSecond: number;
  readonly cpuSecondsPer100k: number;
}

export interface DrainLimitOptions {
  readonly path: string;
  readonly url: string;
  readonly pack: number;
  readonly window: number;
  readonly pageRows: number;
}

interface Row {
  readonly seq: number;
  readonly body: Buffer;
}

/** Makes the backlog that `measureDrainLimit` drains. */
export function fillDrainLimit(path: string, bodies: readonly Uint8Array[], rows: number): void {
  const database = open(path);
  database.exec(
    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT; CREATE TABLE watermark(one INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT; INSERT INTO watermark VALUES (1, 0)",
  );
  const insert = database.prepare("INSERT INTO entry(body) VALUES (?)");
  database.transaction(() => {
    for (let row = 0; row < rows; row += 1) insert.run(bodies[row % bodies.length]);
  })();
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

export async function measureDrainLimit(options: DrainLimitOptions): Promise<DrainLimit> {
  const database = open(options.path);
  const client = await mqtt.connectAsync(options.url, { protocolVersion: 4, reconnectPeriod: 0 });
  const before = process.cpuUsage();
  const started = performance.now();
  const drained = await drain(database, client, options);
  const elapsedS = (performance.now() - started) / 1000;
  const cpu = cpuSeconds(before);
  await client.endAsync();
  database.close();
  return { readingsPerSecond: drained / elapsedS, cpuSecondsPer100k: (cpu / drained) * 100_000 };
}

function open(path: string): Database.Database {
  const database = new Database(path);
  database.pragma("journal_mode=WAL");
  database.pragma("synchronous=NORMAL");
  return database;
}

function drain(database: Database.Database, client: mqtt.MqttClient, options: DrainLimitOptions): Promise<number> {
  const page = database.prepare<[number], Row>(
    `SELECT seq, body FROM entry WHERE seq > ? ORDER BY seq LIMIT ${options.pageRows}`,
  );
  const mark = database.prepare("UPDATE watermark SET seq = ? WHERE one = 1");
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent: { readonly through: number; done: boolean }[] = [];
  let rows: readonly Row[] = [];
  let at = 0;
  let last = 0;
  let marked = 0;
  let inFlight = 0;
  let drained = 0;
  const settle = (force: boolean): void => {
    let through = marked;
    while (sent[0]?.done === true) through = sent.shift()?.through ?? through;
    if (through - marked < options.pageRows && !(force && through > marked)) return;
    mark.run(through);
    marked = through;
  };
  const pump = (): void => {
    while (inFlight < options.window) {
      if (at >= rows.length) {
        rows = page.all(last);
        at = 0;
        if (rows.length === 0) break;
        last = rows.at(-1)?.seq ?? last;
      }
      const part = rows.slice(at, at + options.pack);
      at += part.length;
      inFlight += 1;
      const message = { through: part.at(-1)?.seq ?? 0, done: false };
      sent.push(message);
      client.publish("limit/readings", pack(part), { qos: 1 }, (error) => {
        if (error) reject(error);
        inFlight -= 1;
        message.done = true;
        drained += part.length;
        settle(false);
        pump();
      });
    }
    if (inFlight > 0 || rows.length > 0) return;
    settle(true);
    resolve(drained);
  };
  pump();
  return promise;
}

function pack(rows: readonly Row[]): Buffer {
  const parts: Buffer[] = [];
  for (const { body } of rows) parts.push(parts.length === 0 ? Buffer.from("[") : Buffer.from(","), body);
  return Buffer.concat([...parts, Buffer.from("]")]);
}
