import type { Sqlite } from "../sqlite/connection.ts";
import type { Schema } from "../sqlite/migrations.ts";
import { openShared } from "../sqlite/shared-database.ts";

/** What the authority remembers: whom it certified, who is revoked, and the one-time tokens, as digests only. */
export interface Entry {
  readonly kind: SubjectKind;
  readonly name: string;
}

export type SubjectKind = "gateway" | "ingestor" | "server";

export interface CertificateRow extends Entry {
  readonly serial: string;
  /** SHA-256 of the SubjectPublicKeyInfo. */
  readonly keyDigest: Uint8Array;
  readonly pem: string;
  readonly issuedAt: number;
  readonly notAfter: number;
  readonly revokedAt: number | null;
}

export interface TokenRow {
  readonly gateway: string;
  readonly expiresAt: number;
  /** The key that it was used for; null while it is unused. */
  readonly keyDigest: Uint8Array | null;
}

export interface SubjectRow extends Entry {
  readonly status: "active" | "revoked";
  /** The newest certificate's. */
  readonly notAfter: number | null;
  readonly certificates: number;
}

const schema: Schema = {
  applicationId: 0x43_70_43_61,
  migrations: [
    `
    CREATE TABLE subjects (
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
      changed_at INTEGER NOT NULL,
      PRIMARY KEY (kind, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE certificates (
      serial TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      key_digest BLOB NOT NULL,
      pem TEXT NOT NULL,
      issued_at INTEGER NOT NULL,
      not_after INTEGER NOT NULL,
      revoked_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX certificates_by_subject ON certificates (kind, name, issued_at);
    CREATE INDEX certificates_by_end ON certificates (not_after);
    CREATE INDEX certificates_revoked ON certificates (serial) WHERE revoked_at IS NOT NULL;

    CREATE TABLE tokens (
      digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
      gateway TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      key_digest BLOB,
      used_at INTEGER
    ) STRICT, WITHOUT ROWID;

    -- A list of revoked certificates has a number; one that was signed later but has a lower number is out of date.
    CREATE TABLE lists (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      number INTEGER NOT NULL,
      published INTEGER NOT NULL,
      published_at INTEGER NOT NULL,
      is_stale INTEGER NOT NULL
    ) STRICT;
    INSERT INTO lists (one, number, published, published_at, is_stale) VALUES (1, 0, 0, 0, 1);
    `,
  ],
};

const busyTimeoutMs = 10_000;
const certificateColumns =
  "serial, kind, name, key_digest AS keyDigest, pem, issued_at AS issuedAt, not_after AS notAfter, revoked_at AS revokedAt";

export class Register {
  readonly #sql: Sqlite;

  constructor(path: string) {
    this.#sql = openShared(path, schema, busyTimeoutMs);
  }

  /** All or nothing, and nobody else writes meanwhile. */
  atomically<T>(act: () => T): T {
    return this.#sql.transaction(act).immediate();
  }

  status({ kind, name }: Entry): "active" | "revoked" | "unknown" {
    const find = this.#sql.prepare<[string, string], "active" | "revoked">(
      "SELECT status FROM subjects WHERE kind = ? AND name = ?",
    );
    return find.pluck().get(kind, name) ?? "unknown";
  }

  setStatus({ kind, name }: Entry, status: "active" | "revoked", at: number): void {
    this.#sql
      .prepare(
        `INSERT INTO subjects (kind, name, status, changed_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, name) DO UPDATE SET status = excluded.status, changed_at = excluded.changed_at`,
      )
      .run(kind, name, status, at);
  }

  addCertificate(row: Omit<CertificateRow, "revokedAt">): void {
    this.#sql
      .prepare(
        "INSERT INTO certificates (serial, kind, name, key_digest, pem, issued_at, not_after) VALUES (?, ?, ?, ?, ?, ?, ?)",
      )
      .run(row.serial, row.kind, row.name, row.keyDigest, row.pem, row.issuedAt, row.notAfter);
  }

  certificate(serial: string): CertificateRow | null {
    const find = this.#sql.prepare<[string], CertificateRow>(
      `SELECT ${certificateColumns} FROM certificates WHERE serial = ?`,
    );
    return find.get(serial) ?? null;
  }

  /** The newest that was issued for this key, and is not revoked. */
  certificateOfKey({ kind, name }: Entry, keyDigest: Uint8Array): CertificateRow | null {
    const find = this.#sql.prepare<[string, string, Uint8Array], CertificateRow>(
      `SELECT ${certificateColumns} FROM certificates
       WHERE kind = ? AND name = ? AND key_digest = ? AND revoked_at IS NULL ORDER BY issued_at DESC LIMIT 1`,
    );
    return find.get(kind, name, keyDigest) ?? null;
  }

  /** Was a certificate for this key taken back? */
  isKeyRevoked({ kind, name }: Entry, keyDigest: Uint8Array): boolean {
    const find = this.#sql.prepare<[string, string, Uint8Array], number>(
      `SELECT 1 FROM certificates
       WHERE kind = ? AND name = ? AND key_digest = ? AND revoked_at IS NOT NULL LIMIT 1`,
    );
    return find.pluck().get(kind, name, keyDigest) !== undefined;
  }

  issuedSince({ kind, name }: Entry, at: number): number {
    const count = this.#sql.prepare<[string, string, number], number>(
      "SELECT count(*) FROM certificates WHERE kind = ? AND name = ? AND issued_at > ?",
    );
    return count.pluck().get(kind, name, at) ?? 0;
  }

  /** Gives the number of certificates that were valid until now. */
  revokeCertificates({ kind, name }: Entry, at: number): number {
    return this.#sql
      .prepare("UPDATE certificates SET revoked_at = ? WHERE kind = ? AND name = ? AND revoked_at IS NULL")
      .run(at, kind, name).changes;
  }

  addToken(digest: Uint8Array, gateway: string, expiresAt: number): void {
    this.#sql
      .prepare("INSERT INTO tokens (digest, gateway, expires_at) VALUES (?, ?, ?)")
      .run(digest, gateway, expiresAt);
  }

  token(digest: Uint8Array): TokenRow | null {
    const find = this.#sql.prepare<[Uint8Array], TokenRow>(
      "SELECT gateway, expires_at AS expiresAt, key_digest AS keyDigest FROM tokens WHERE digest = ?",
    );
    return find.get(digest) ?? null;
  }

  useToken(digest: Uint8Array, keyDigest: Uint8Array, at: number): void {
    this.#sql.prepare("UPDATE tokens SET key_digest = ?, used_at = ? WHERE digest = ?").run(keyDigest, at, digest);
  }

  /** Gives how many there were. */
  dropTokens(gateway: string): number {
    return this.#sql.prepare("DELETE FROM tokens WHERE gateway = ?").run(gateway).changes;
  }

  *subjects(): Generator<SubjectRow> {
    yield* this.#sql
      .prepare<[], SubjectRow>(
        `SELECT kind, name, status, max(not_after) AS notAfter, count(serial) AS certificates
         FROM subjects LEFT JOIN certificates USING (kind, name) GROUP BY kind, name ORDER BY kind, name`,
      )
      .iterate();
  }

  /**
   * Serials that peers have to be told of, for as long as they are known here. Those that have expired are among them: a
   * list has to name them once more after their end (RFC 5280, 3.3), and to a peer whose clock is late they have not ended.
   */
  revoked(): readonly { readonly serial: string; readonly revokedAt: number }[] {
    return this.#sql
      .prepare<[], { serial: string; revokedAt: number }>(
        "SELECT serial, revoked_at AS revokedAt FROM certificates WHERE revoked_at IS NOT NULL",
      )
      .all();
  }

  /** When a gateway's certificate was last issued; null if none was. All gateways' live equally long. */
  lastGatewayIssue(): number | null {
    const find = this.#sql.prepare<[], number>(
      "SELECT issued_at FROM certificates WHERE kind = 'gateway' ORDER BY not_after DESC LIMIT 1",
    );
    return find.pluck().get() ?? null;
  }

  markListStale(): void {
    this.#sql.prepare("UPDATE lists SET is_stale = 1").run();
  }

  /** Stale: something was revoked that the published list does not tell, or its publication was interrupted. */
  list(): { readonly isStale: boolean; readonly publishedAt: number; readonly published: number } {
    const row = this.#sql
      .prepare<[], { stale: number; publishedAt: number; published: number }>(
        "SELECT is_stale OR published < number AS stale, published_at AS publishedAt, published FROM lists",
      )
      .get();
    return { isStale: row?.stale !== 0, publishedAt: row?.publishedAt ?? 0, published: row?.published ?? 0 };
  }

  /** What is revoked from here on marks it stale again. */
  nextListNumber(): number {
    return (
      this.#sql
        .prepare<[], number>("UPDATE lists SET number = number + 1, is_stale = 0 RETURNING number")
        .pluck()
        .get() ?? 0
    );
  }

  listPublished(number: number, at: number): void {
    this.#sql.prepare("UPDATE lists SET published = ?, published_at = ?").run(number, at);
  }

  /** Forgets what nobody can use any more. */
  prune(endedBefore: number): void {
    this.#sql.prepare("DELETE FROM certificates WHERE not_after < ?").run(endedBefore);
    this.#sql.prepare("DELETE FROM tokens WHERE expires_at < ?").run(endedBefore);
  }

  close(): void {
    this.#sql.close();
  }
}
