import type { Schema } from "../../sqlite/migrations.ts";

/** The database of the SQLite sink. */
export const sinkSchema: Schema = {
  applicationId: 0x43_70_53_6b,
  migrations: [
    `
    -- The position is the order of commit: a reading that comes again at a later revision gets a new one.
    CREATE TABLE readings (
      position INTEGER PRIMARY KEY,
      id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
      revision INTEGER NOT NULL,
      gateway TEXT NOT NULL,
      kind TEXT NOT NULL,
      measured TEXT,
      body TEXT NOT NULL,
      committed_at INTEGER NOT NULL
    ) STRICT;

    -- The digest is of the payload, so that what is sent again is kept once. An id is never used again.
    CREATE TABLE dead_letters (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      gateway TEXT NOT NULL,
      digest BLOB NOT NULL,
      code TEXT NOT NULL,
      reason TEXT NOT NULL,
      payload BLOB NOT NULL,
      received_at INTEGER NOT NULL,
      UNIQUE (gateway, digest)
    ) STRICT;

    -- Counting ten million rows takes seconds, so their number is kept with them.
    CREATE TABLE totals (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      readings INTEGER NOT NULL
    ) STRICT;
    INSERT INTO totals (one, readings) VALUES (1, 0);
    `,
    `
    -- Enrolments, consents, tombstones. An id is unique for its gateway; the body is all of the event, as it came.
    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      gateway TEXT NOT NULL,
      id BLOB NOT NULL CHECK (length(id) = 16),
      type TEXT NOT NULL,
      at INTEGER NOT NULL,
      body TEXT NOT NULL,
      committed_at INTEGER NOT NULL,
      UNIQUE (gateway, id)
    ) STRICT;
    `,
    `
    CREATE TABLE homes (
      person TEXT PRIMARY KEY,
      gateway TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX homes_by_gateway ON homes (gateway);

    -- An end may come before what it ends: then the rest of the row is filled in later.
    CREATE TABLE enrolments (
      gateway TEXT NOT NULL,
      id TEXT NOT NULL,
      device TEXT,
      user_slot INTEGER,
      person TEXT,
      consent TEXT,
      from_at INTEGER,
      until_at INTEGER,
      PRIMARY KEY (gateway, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX enrolments_that_count ON enrolments (person) WHERE until_at IS NULL;

    CREATE TABLE withdrawn_consents (
      person TEXT NOT NULL,
      consent TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (person, consent)
    ) STRICT, WITHOUT ROWID;

    -- Shown: which version the gateway said last that it follows; 0 for none.
    CREATE TABLE rosters (
      gateway TEXT PRIMARY KEY,
      version INTEGER NOT NULL,
      shown INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX rosters_outstanding ON rosters (gateway) WHERE shown <> version;
    `,
  ],
};
