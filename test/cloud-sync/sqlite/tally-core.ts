import type { CommitCore, RequestKind } from "../../../cloud-sync/sqlite/commit-core.ts";
import { type Database, openDatabase } from "../../../cloud-sync/sqlite/database.ts";
import type { Schema } from "../../../cloud-sync/sqlite/migrations.ts";

export type TallyRequest =
  | { readonly type: "put"; readonly value: number }
  | { readonly type: "put-and-fail"; readonly value: number }
  | { readonly type: "put-lazily"; readonly value: number }
  | { readonly type: "all" }
  | { readonly type: "commits" }
  | { readonly type: "fail-to-flush" }
  | { readonly type: "find-no-room" }
  | { readonly type: "die" }
  /** Throws where nobody catches it, as a fault of the thread's own would. */
  | { readonly type: "break" }
  | { readonly type: "break-at-close" }
  | { readonly type: "die-at-close" };

export interface TallyOptions {
  readonly path: string;
  /** How long a commit takes, as on a slow card: the thread stands still. */
  readonly commitMs: number;
}

export const tallySchema: Schema = {
  applicationId: 0x54414c59,
  migrations: ["CREATE TABLE tally (value INTEGER PRIMARY KEY) STRICT"],
};

/** The smallest program of a commit thread: it keeps numbers, and fails on command. */
export class TallyCore implements CommitCore<TallyRequest, readonly number[]> {
  readonly database: Database;
  readonly #commitMs: number;
  #commits = 0;
  #atClose: (() => void) | null = null;

  constructor({ path, commitMs }: TallyOptions) {
    this.database = openDatabase({ path, key: null, schema: tallySchema, at: 0 });
    this.#commitMs = commitMs;
  }

  kindOf({ type }: TallyRequest): RequestKind {
    if (type === "all" || type === "commits") return "read";
    return type === "put-lazily" ? "repeatable-write" : "write";
  }

  execute(request: TallyRequest): readonly number[] {
    const { sql } = this.database;
    if (request.type === "commits") return [this.#commits];
    if (request.type === "all") return sql.prepare<[], number>("SELECT value FROM tally").pluck().all();
    if (request.type === "die") process.exit(3);
    if (request.type === "break") setImmediate(() => fail("the thread is broken"));
    if (request.type === "break-at-close") this.#atClose = () => fail("the file cannot be closed");
    if (request.type === "die-at-close") this.#atClose = () => process.exit(3);
    if (request.type === "break" || request.type === "break-at-close" || request.type === "die-at-close") return [];
    if (request.type === "fail-to-flush") throw sqliteError("SQLITE_IOERR_FSYNC");
    if (request.type === "find-no-room") throw sqliteError("SQLITE_FULL");
    sql.prepare("INSERT INTO tally VALUES (?)").run(request.value);
    if (request.type === "put-and-fail") throw new Error("poisoned");
    return [request.value];
  }

  remember(): () => void {
    const commits = this.#commits;
    return () => {
      this.#commits = commits;
    };
  }

  seal(): void {
    this.#commits += 1;
    if (this.#commitMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#commitMs);
  }

  makeRoom(): boolean {
    return false;
  }

  tidy(): boolean {
    return false;
  }

  close(): void {
    this.database.close();
    this.#atClose?.();
  }
}

function fail(reason: string): never {
  throw new Error(reason);
}

/** As better-sqlite3 reports an fsync that the disk refused, or a disk that is full. */
function sqliteError(code: "SQLITE_IOERR_FSYNC" | "SQLITE_FULL"): Error {
  return Object.assign(new Error("the disk did not take it"), { name: "SqliteError", code });
}
