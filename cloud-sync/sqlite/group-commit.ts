import type { CommitCore } from "./commit-core.ts";
import type { Statement } from "./connection.ts";
import { faultOf, isFatal, type SqliteFault } from "./sqlite-error.ts";

/** What became of a group, in a form that crosses a thread boundary: an answer or a fault for each request. */
export interface GroupOutcome<Answer> {
  /** In the order of the requests; undefined where there is a fault. */
  readonly answers: readonly (Answer | undefined)[];
  readonly faults: ReadonlyMap<number, SqliteFault>;
  /** The core takes nothing more after this. */
  readonly failure: SqliteFault | null;
}

/**
 * Carries out groups of requests, each group in one transaction. A request that fails takes no other with it: the group
 * is undone and done again with a savepoint around each. After a failure of the disk nothing is written any more,
 * because what the page cache says of the file is no longer to be believed (fsync reports an error once).
 */
export class GroupCommit<Request, Answer> {
  readonly #core: CommitCore<Request, Answer>;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  #failure: SqliteFault | null = null;
  #untidyGroups = untidyGroupsMax;

  constructor(core: CommitCore<Request, Answer>) {
    this.#core = core;
    this.#begin = core.database.sql.prepare("BEGIN IMMEDIATE");
    this.#commit = core.database.sql.prepare("COMMIT");
  }

  get failure(): SqliteFault | null {
    return this.#failure;
  }

  run(requests: readonly Request[]): GroupOutcome<Answer> {
    if (this.#failure !== null) return refuseAll(requests, this.#failure);
    try {
      return this.#durably(requests);
    } catch (error) {
      return refuseAll(requests, this.#judge(error));
    }
  }

  /** Housekeeping is for what writes leave behind; reads, and what is cheap to repeat, seldom call for it. */
  get isTidyDue(): boolean {
    return this.#untidyGroups >= untidyGroupsMax;
  }

  /** True if more is to be done at once. */
  tidy(): boolean {
    if (this.#failure !== null) return false;
    this.#untidyGroups = 0;
    try {
      return this.#core.tidy();
    } catch (error) {
      this.#judge(error);
      return false;
    }
  }

  close(): void {
    this.#core.close();
  }

  #judge(error: unknown): SqliteFault {
    const fault = faultOf(error);
    if (isFatal(fault)) this.#failure = fault;
    if (fault.code === "store-damaged") this.#core.database.condemn(fault.message);
    return fault;
  }

  #durably(requests: readonly Request[]): GroupOutcome<Answer> {
    const kinds = new Set(requests.map((request) => this.#core.kindOf(request)));
    if (!kinds.has("write") && !kinds.has("repeatable-write")) return this.#readEach(requests);
    this.#untidyGroups += kinds.has("write") ? untidyGroupsMax : 1;
    this.#core.database.durability = kinds.has("write") ? "power-cut" : "crash";
    try {
      return this.#together(requests);
    } catch (error) {
      const fault = faultOf(error);
      if (isFatal(fault)) throw error;
      if (fault.code === "store-request-failed") return this.#separately(requests);
      if (fault.code !== "disk-full") throw error;
      return this.#withRoomMade(requests, fault);
    }
  }

  #withRoomMade(requests: readonly Request[], fault: SqliteFault): GroupOutcome<Answer> {
    try {
      if (this.#core.makeRoom()) return this.#together(requests);
    } catch (error) {
      if (faultOf(error).code !== "disk-full") throw error;
    }
    if (!this.#core.database.isAtQuota) return this.#readEach(requests, fault);
    return this.#readEach(requests, { code: "quota-exceeded", message: "the database has reached its quota" });
  }

  #together(requests: readonly Request[]): GroupOutcome<Answer> {
    return this.#inTransaction(() => {
      const answers = requests.map((request) => this.#core.execute(request));
      return { answers, faults: new Map(), failure: null };
    });
  }

  #separately(requests: readonly Request[]): GroupOutcome<Answer> {
    return this.#inTransaction(() => {
      const faults = new Map<number, SqliteFault>();
      const answers = requests.map((request, index) => {
        const tried = this.#guarded(request);
        if (tried.fault !== null) faults.set(index, tried.fault);
        return tried.answer;
      });
      return { answers, faults, failure: null };
    });
  }

  #guarded(request: Request): { answer: Answer | undefined; fault: SqliteFault | null } {
    const { sql } = this.#core.database;
    const restore = this.#core.remember();
    sql.exec("SAVEPOINT request");
    try {
      const answer = this.#core.execute(request);
      sql.exec("RELEASE request");
      return { answer, fault: null };
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code !== "store-request-failed") throw error;
      sql.exec("ROLLBACK TO request; RELEASE request");
      restore();
      return { answer: undefined, fault };
    }
  }

  #inTransaction(act: () => GroupOutcome<Answer>): GroupOutcome<Answer> {
    const restore = this.#core.remember();
    this.#begin.run();
    try {
      const outcome = act();
      this.#core.seal();
      this.#commit.run();
      return outcome;
    } catch (error) {
      // After some errors SQLite has undone the transaction already.
      if (this.#core.database.sql.inTransaction) this.#core.database.sql.exec("ROLLBACK");
      restore();
      throw error;
    }
  }

  /** @param refusal what all but reads are answered with: on a full disk readings can still be read and delivered */
  #readEach(requests: readonly Request[], refusal: SqliteFault | null = null): GroupOutcome<Answer> {
    const faults = new Map<number, SqliteFault>();
    const answers = requests.map((request, index) => {
      if (refusal !== null && this.#core.kindOf(request) !== "read") {
        faults.set(index, refusal);
        return undefined;
      }
      try {
        return this.#core.execute(request);
      } catch (error) {
        const fault = faultOf(error);
        if (isFatal(fault)) throw error;
        faults.set(index, fault);
        return undefined;
      }
    });
    return { answers, faults, failure: null };
  }
}

const untidyGroupsMax = 64;

function refuseAll<Answer>(requests: readonly unknown[], fault: SqliteFault): GroupOutcome<Answer> {
  return {
    answers: requests.map(() => undefined),
    faults: new Map(requests.map((_, index) => [index, fault])),
    failure: isFatal(fault) ? fault : null,
  };
}
