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
  ],
};
