import type { Statement } from "../../sqlite/connection.ts";
import { type Database, openDatabase } from "../../sqlite/database.ts";
import type { Schema } from "../../sqlite/migrations.ts";
import { ingestErrors } from "../ingest-error.ts";

/** How far a FHIR server has been told, and what it would not take. In a file of its own beside the sink's. */
export interface FhirLedger {
  /** All readings up to this position of the sink are told or set aside. */
  position(): number;
  /** Durable when it returns. */
  advance(position: number): void;
  /**
   * Keeps a refusal; a reading is kept once, with its latest refusal. Durable when it returns.
   * Throws `fhir-quarantine-full` at the bound: then nothing more is told until somebody has looked.
   */
  setAside(entry: NewQuarantinedReading): void;
  /** By id, oldest first. */
  quarantined(query: { readonly afterId: number; readonly limit: number }): readonly QuarantinedReading[];
  /** Removes a reading that was told after all, if it is there. */
  forget(readingId: string): void;
  counts(): { readonly position: number; readonly quarantined: number };
  close(): void;
}

export interface NewQuarantinedReading {
  readonly readingId: string;
  readonly gateway: string;
  /** Where it stands in the sink, from which it is read when it is told again. */
  readonly position: number;
  readonly code: string;
  /** HTTP status, of the answer or of the entry that failed; null for what was never sent. */
  readonly status: number | null;
  /** The server's OperationOutcome, as it came. */
  readonly outcome: string;
  readonly at: number;
}

export interface QuarantinedReading extends NewQuarantinedReading {
  readonly id: number;
}

export interface FhirLedgerOptions {
  readonly path: string;
  readonly key: Uint8Array | null;
  readonly at: number;
  /** The server that it is about: each has its own place and its own quarantine. */
  readonly server: string;
  readonly quarantinedMax?: number;
}

const schema: Schema = {
  applicationId: 0x43_70_46_68,
  migrations: [
    `
    CREATE TABLE servers (
      url TEXT PRIMARY KEY,
      position INTEGER NOT NULL
    ) STRICT;

    -- An id is never used again.
    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      url TEXT NOT NULL REFERENCES servers (url),
      reading_id TEXT NOT NULL,
      gateway TEXT NOT NULL,
      position INTEGER NOT NULL,
      code TEXT NOT NULL,
      status INTEGER,
      outcome TEXT NOT NULL,
      at INTEGER NOT NULL,
      UNIQUE (url, reading_id)
    ) STRICT;
    `,
  ],
};

const quarantinedMaxDefault = 100_000;

/** Opens the ledger as its only writer, so that no two forwarders tell one server at a time. Throws as `openDatabase`. */
export function openFhirLedger(options: FhirLedgerOptions): FhirLedger {
  const { path, key, at, server, quarantinedMax = quarantinedMaxDefault } = options;
  const database = openDatabase({ path, key, at, schema });
  const statements = prepare(database);
  statements.meet.run(server);
  const count = (): number => statements.count.get(server) ?? 0;
  const position = (): number => statements.position.get(server) ?? 0;
  return {
    position,
    advance: (to) => void statements.advance.run(to, server),
    setAside: (entry) => {
      if (count() >= quarantinedMax && statements.has.get(server, entry.readingId) === undefined) {
        throw ingestErrors.make("fhir-quarantine-full", "as many readings are set aside as may be");
      }
      const { readingId, gateway, code, status, outcome } = entry;
      statements.setAside.run(server, readingId, gateway, entry.position, code, status, outcome, entry.at);
    },
    quarantined: ({ afterId, limit }) => statements.list.all(server, afterId, limit),
    forget: (readingId) => {
      if (statements.has.get(server, readingId) !== undefined) statements.forget.run(server, readingId);
    },
    counts: () => ({ position: position(), quarantined: count() }),
    close: () => database.close(),
  };
}

function prepare({ sql }: Database): Statements {
  return {
    meet: sql.prepare("INSERT INTO servers (url, position) VALUES (?, 0) ON CONFLICT (url) DO NOTHING"),
    position: sql.prepare<[string], number>("SELECT position FROM servers WHERE url = ?").pluck(),
    advance: sql.prepare("UPDATE servers SET position = ? WHERE url = ?"),
    count: sql.prepare<[string], number>("SELECT count(*) FROM quarantine WHERE url = ?").pluck(),
    has: sql.prepare<[string, string], number>("SELECT 1 FROM quarantine WHERE url = ? AND reading_id = ?").pluck(),
    setAside: sql.prepare(
      `INSERT INTO quarantine (url, reading_id, gateway, position, code, status, outcome, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (url, reading_id) DO UPDATE SET position = excluded.position, code = excluded.code,
         status = excluded.status, outcome = excluded.outcome, at = excluded.at`,
    ),
    list: sql.prepare(
      `SELECT id, reading_id AS readingId, gateway, position, code, status, outcome, at FROM quarantine
       WHERE url = ? AND id > ? ORDER BY id LIMIT ?`,
    ),
    forget: sql.prepare("DELETE FROM quarantine WHERE url = ? AND reading_id = ?"),
  };
}

interface Statements {
  readonly meet: Statement<[url: string]>;
  readonly position: Statement<[url: string], number>;
  readonly advance: Statement<[position: number, url: string]>;
  readonly count: Statement<[url: string], number>;
  readonly has: Statement<[url: string, readingId: string], number>;
  readonly setAside: Statement<[string, string, string, number, string, number | null, string, number]>;
  readonly list: Statement<[url: string, afterId: number, limit: number], QuarantinedReading>;
  readonly forget: Statement<[url: string, readingId: string]>;
}
