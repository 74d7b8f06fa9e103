import type { CarepostError } from "../../device-drivers/kit/carepost-error.ts";
import { errorOf, type SqliteErrorCode, type SqliteFault, sqliteErrors } from "./sqlite-error.ts";
import type { GroupOutcome } from "./group-commit.ts";

/**
 * Durable requests, one by one for the caller and in groups for the disk: a promise resolves when its request is on
 * disk, and what arrives while a commit runs shares the next one. Adapters: `inline-commit-thread.ts`, deterministic
 * and for tests, and `worker-commit-thread.ts`, which keeps a slow disk away from the event loop.
 */
export interface CommitThread<Request, Answer> {
  /** Rejects with `sqliteErrors`; `commit-queue-full` at once, when more waits than the bounds allow. */
  submit(request: Request): Promise<Answer>;
  /** Carries out what was submitted before, then closes the database. Idempotent. */
  close(): Promise<void>;
}

export interface CommitThreadOptions<Request> {
  readonly limits?: Partial<CommitLimits>;
  /** About how much memory a request takes while it waits. */
  bytesOf(request: Request): number;
  /** The disk failed, or the thread died: nothing is taken any more, and the process should end. Called once. */
  onFailure(error: CarepostError<SqliteErrorCode>): void;
}

export interface CommitLimits {
  readonly waitingRequestsMax: number;
  readonly waitingBytesMax: number;
}

/** The largest group, so that a transaction stays small against the WAL's limit. */
export const groupRequestsMax = 2_048;
export const groupBytesMax = 2 * 2 ** 20;

export const commitLimits: CommitLimits = { waitingRequestsMax: 16_384, waitingBytesMax: 32 * 2 ** 20 };

/** Who carries a group out: on this thread or on another. It answers groups in their order, through the queue. */
export interface GroupRunner<Request> {
  /** How many groups may be with it at a time. */
  readonly groupsMax: number;
  post(requests: readonly Request[]): void;
  close(): Promise<void>;
}

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly bytes: number;
  resolve(answer: Answer): void;
  reject(error: CarepostError): void;
}

/** The queue before a runner: bounded, in order, and answered in order. */
export class CommitQueue<Request, Answer> implements CommitThread<Request, Answer> {
  readonly #options: CommitThreadOptions<Request>;
  readonly #limits: CommitLimits;
  readonly #runner: GroupRunner<Request>;
  #waiting: Waiting<Request, Answer>[] = [];
  #groups: (readonly Waiting<Request, Answer>[])[] = [];
  #heldRequests = 0;
  #heldBytes = 0;
  #isPumpDue = false;
  #refusal: SqliteFault | null = null;
  #closing: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;

  constructor(options: CommitThreadOptions<Request>, runner: GroupRunner<Request>) {
    this.#options = options;
    this.#limits = { ...commitLimits, ...options.limits };
    this.#runner = runner;
  }

  submit(request: Request): Promise<Answer> {
    if (this.#refusal !== null) return Promise.reject(errorOf(this.#refusal));
    const bytes = this.#options.bytesOf(request);
    if (this.#heldRequests >= this.#limits.waitingRequestsMax || this.#heldBytes >= this.#limits.waitingBytesMax) {
      const context = { waiting: this.#heldRequests, waitingBytes: this.#heldBytes };
      return Promise.reject(sqliteErrors.make("commit-queue-full", "too many requests wait for the disk", { context }));
    }
    this.#heldRequests += 1;
    this.#heldBytes += bytes;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ request, bytes, resolve, reject });
      this.#pumpSoon();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  /** The runner's word on the oldest group that it has. */
  answer(outcome: GroupOutcome<Answer>): void {
    const group = this.#groups.shift() ?? [];
    this.#letGo(group);
    for (const [index, waiting] of group.entries()) {
      const fault = outcome.faults.get(index);
      const answer = outcome.answers[index];
      if (fault !== undefined) waiting.reject(errorOf(fault));
      else if (answer !== undefined) waiting.resolve(answer);
      else waiting.reject(sqliteErrors.make("store-request-failed", "the request got no answer"));
    }
    if (outcome.failure !== null) this.fail(outcome.failure);
    this.#pumpSoon();
  }

  /** Nothing is taken any more; all that waits is rejected. */
  fail(fault: SqliteFault): void {
    const isNews = this.#refusal === null;
    this.#refusal ??= fault;
    const lost = [...this.#groups.flat(), ...this.#waiting];
    this.#groups = [];
    this.#waiting = [];
    this.#letGo(lost);
    for (const waiting of lost) waiting.reject(errorOf(fault));
    if (isNews) this.#options.onFailure(errorOf(fault));
    this.#onIdle?.();
  }

  async #finish(): Promise<void> {
    this.#refusal ??= { code: "store-closed", message: "the database is closed" };
    if (this.#waiting.length > 0 || this.#groups.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#runner.close();
  }

  /** One pump for all that is submitted in the same turn of the event loop. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#groups.length < this.#runner.groupsMax) {
      const group = this.#waiting.splice(0, this.#groupLength());
      this.#groups.push(group);
      this.#runner.post(group.map(({ request }) => request));
    }
    if (this.#waiting.length === 0 && this.#groups.length === 0) this.#onIdle?.();
  }

  #groupLength(): number {
    let bytes = 0;
    const end = this.#waiting.findIndex((waiting, index) => {
      bytes += waiting.bytes;
      return index > 0 && (index >= groupRequestsMax || bytes > groupBytesMax);
    });
    return end === -1 ? this.#waiting.length : end;
  }

  #letGo(group: readonly Waiting<Request, Answer>[]): void {
    this.#heldRequests -= group.length;
    for (const { bytes } of group) this.#heldBytes -= bytes;
  }
}
