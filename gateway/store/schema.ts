import type { Schema } from "../../cloud-sync/sqlite/migrations.ts";

/**
 * The tables of the gateway's store. Columns bear the names of the fields that they hold; times are milliseconds since
 * 1970. A reading's state is where its `seq` stands: in `outbox`, `held`, `undated` or `deadLetters`, and if in none
 * of them it is delivered. So delivery touches tiny rows only, and never the reading.
 */
const version1 = `
-- seq grows, is never used again, and is given anew when a reading enters the outbox again: an entry can then neither
-- be overlooked behind a cursor nor be settled by what was sent of it before.
-- deviceTime is the device's own time as a number, the digits of yyyymmddhhmmss. It is a part of every id, and leads
-- the index because the ids themselves are random, and would dirty a page of the index for each reading.
CREATE TABLE readings (
  seq INTEGER PRIMARY KEY,
  deviceTime INTEGER NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  lacksContext INTEGER NOT NULL,
  storedAt INTEGER NOT NULL,
  deviceId TEXT NOT NULL,
  person TEXT,
  body BLOB NOT NULL,
  UNIQUE (deviceTime, id)
) STRICT;

-- Without a foreign key, which would double the look-ups of the one statement that every reading waits for.
CREATE TABLE outbox (
  lane INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (lane, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE held (
  seq INTEGER PRIMARY KEY REFERENCES readings (seq) ON UPDATE CASCADE ON DELETE CASCADE,
  id BLOB NOT NULL UNIQUE,
  lane INTEGER NOT NULL
) STRICT;

CREATE TABLE undated (
  seq INTEGER PRIMARY KEY REFERENCES readings (seq) ON UPDATE CASCADE ON DELETE CASCADE,
  bootId TEXT NOT NULL,
  receivedMonotonicMs REAL NOT NULL
) STRICT;
CREATE INDEX undatedByBoot ON undated (bootId, seq);

CREATE TABLE deadLetters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  seq INTEGER NOT NULL UNIQUE REFERENCES readings (seq) ON UPDATE CASCADE ON DELETE CASCADE,
  lane INTEGER NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- The graves of unsent readings that were dropped by an operator's policy, until the sink knows of them.
CREATE TABLE tombstones (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  readingId TEXT NOT NULL UNIQUE,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest BLOB NOT NULL UNIQUE,
  deviceId TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  frames TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- One row, written in the transaction that changed it: so nothing is ever counted, and a crash leaves it right.
CREATE TABLE counters (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  nextSeq INTEGER NOT NULL,
  readings INTEGER NOT NULL,
  waiting INTEGER NOT NULL,
  held INTEGER NOT NULL,
  undated INTEGER NOT NULL,
  deadLetters INTEGER NOT NULL,
  quarantined INTEGER NOT NULL,
  tombstones INTEGER NOT NULL
) STRICT;
INSERT INTO counters VALUES (1, 1, 0, 0, 0, 0, 0, 0, 0);

CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  driver TEXT NOT NULL,
  address TEXT NOT NULL,
  name TEXT,
  manufacturer TEXT,
  model TEXT,
  serial TEXT,
  systemId TEXT,
  firmware TEXT,
  batteryPercent INTEGER,
  clockOffsetMs INTEGER,
  firstSeenAt INTEGER NOT NULL,
  lastSeenAt INTEGER NOT NULL
) STRICT;

-- Neither this nor an assignment refers to devices: both may name one that this gateway has not met yet.
CREATE TABLE progress (
  deviceId TEXT PRIMARY KEY,
  lastSequenceNumber INTEGER,
  lastDeviceTime TEXT
) STRICT;

CREATE TABLE people (
  reference TEXT PRIMARY KEY,
  createdAt INTEGER NOT NULL
) STRICT;

CREATE TABLE assignments (
  id TEXT PRIMARY KEY,
  deviceId TEXT NOT NULL,
  userSlot INTEGER,
  person TEXT NOT NULL REFERENCES people (reference),
  consent TEXT NOT NULL,
  fromAt INTEGER NOT NULL,
  untilAt INTEGER
) STRICT;
CREATE INDEX assignmentsByDevice ON assignments (deviceId);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL REFERENCES people (reference),
  consent TEXT NOT NULL,
  startedAt INTEGER NOT NULL,
  endedAt INTEGER
) STRICT;
CREATE INDEX sessionsByEnd ON sessions (endedAt);

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
`;

const version2 = `
-- Which devices we hold a key of, by their identity address; what they were when they were paired; and those that lost
-- it. A device may be paired before it is known, and known without ever being paired.
CREATE TABLE bonds (
  address TEXT PRIMARY KEY,
  deviceId TEXT,
  name TEXT,
  state TEXT NOT NULL CHECK (state IN ('none', 'bonded', 'lost')),
  since INTEGER NOT NULL,
  method TEXT,
  forgetsKey INTEGER NOT NULL,
  serial TEXT,
  model TEXT,
  fingerprint TEXT
) STRICT;
`;

const version3 = `
-- A roster's assignments are the cloud's: the next roster replaces them.
ALTER TABLE assignments ADD COLUMN source TEXT NOT NULL DEFAULT 'local' CHECK (source IN ('local', 'roster'));

-- Readings that somebody decided are nobody's. They stay as long as delivered ones, so that a re-read is known.
CREATE TABLE discarded (
  seq INTEGER PRIMARY KEY REFERENCES readings (seq) ON UPDATE CASCADE ON DELETE CASCADE
) STRICT;
ALTER TABLE counters ADD COLUMN discarded INTEGER NOT NULL DEFAULT 0;

CREATE TABLE consents (
  id TEXT PRIMARY KEY,
  person TEXT NOT NULL REFERENCES people (reference),
  version TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  language TEXT NOT NULL,
  trend INTEGER NOT NULL,
  givenAt INTEGER NOT NULL,
  withdrawnAt INTEGER
) STRICT;
CREATE INDEX consentsByPerson ON consents (person, givenAt, id);
CREATE INDEX consentsByTime ON consents (givenAt, id);

-- What a person measured until then is not theirs to give any more: it is neither stored nor sent.
CREATE TABLE withdrawals (
  person TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;

-- The ids of readings that were removed by a withdrawal: devices go on showing them, and they are not stored again.
CREATE TABLE removed (
  id BLOB PRIMARY KEY CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;

-- A log that is only written on. The body is the very text that the hash is made from: see audit-chain.ts.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER auditIsNotChanged BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only written on'); END;
CREATE TRIGGER auditIsNotDeleted BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only written on'); END;
-- Also against INSERT OR REPLACE, which deletes without a trigger.
CREATE TRIGGER auditHasNoGap BEFORE INSERT ON audit
  WHEN new.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit log is only written on'); END;

-- Events that the broker has not acknowledged yet.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL
) STRICT;
`;

const version4 = `
-- What goes with a withdrawal and was too much for one step: where the removal looks now, and what it has removed. One
-- that is done stays, and says how much it was. Its event is not delivered before that is known.
CREATE TABLE removals (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person TEXT NOT NULL,
  throughSeq INTEGER NOT NULL,
  place INTEGER NOT NULL,
  afterSeq INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  event INTEGER
) STRICT;

-- What a session may claim readings of. One from before names nothing, and so claims nothing.
CREATE TABLE sessionDevices (
  session TEXT NOT NULL,
  deviceId TEXT NOT NULL,
  sinceAt INTEGER NOT NULL,
  PRIMARY KEY (session, deviceId)
) STRICT, WITHOUT ROWID;
`;

/** The application id is "CPST" in ASCII. */
export const storeSchema: Schema = {
  applicationId: 0x43505354,
  migrations: [version1, version2, version3, version4],
};
