import { type MessagePort, parentPort, receiveMessageOnPort } from "node:worker_threads";
import type { CommitCore } from "./commit-core.ts";
import { groupRequestsMax } from "./commit-thread.ts";
import { GroupCommit, type GroupOutcome } from "./group-commit.ts";
import { faultOf, type SqliteFault } from "./sqlite-error.ts";

/** What the main thread sends. */
export type ToWorker<Request> =
  | { readonly type: "group"; readonly requests: readonly Request[] }
  | { readonly type: "close" };

/** What the worker sends. `opened` or `refused` comes first, and once. */
export type FromWorker<Answer, Notice = unknown> =
  | { readonly type: "opened" }
  | { readonly type: "refused"; readonly fault: SqliteFault }
  | { readonly type: "answers"; readonly outcomes: readonly GroupOutcome<Answer>[] }
  | { readonly type: "failed"; readonly fault: SqliteFault }
  | { readonly type: "notice"; readonly notice: Notice };

/**
 * The whole of a worker's entry module is one call of this: `create` makes the core, from `workerData` as
 * `workerCommitThread` was given it. A notice is something that the owner should hear of without having asked.
 */
export function serveCommits<Request, Answer>(
  create: (notify: (notice: unknown) => void) => CommitCore<Request, Answer>,
): void {
  if (parentPort === null) throw new Error("a commit worker needs a parent thread");
  const port: MessagePort = parentPort;
  const post: Post<Answer> = (message, buffers = []) => port.postMessage(message, [...buffers]);
  try {
    const core = create((notice) => post({ type: "notice", notice }));
    new CommitWorker(core, port, post).start();
    post({ type: "opened" });
  } catch (error) {
    post({ type: "refused", fault: faultOf(error) });
  }
}

type Post<Answer> = (message: FromWorker<Answer>, buffers?: readonly ArrayBuffer[]) => void;

class CommitWorker<Request, Answer> {
  readonly #core: CommitCore<Request, Answer>;
  readonly #commit: GroupCommit<Request, Answer>;
  readonly #port: MessagePort;
  readonly #post: Post<Answer>;
  #isTidyDue = false;

  constructor(core: CommitCore<Request, Answer>, port: MessagePort, post: Post<Answer>) {
    this.#core = core;
    this.#commit = new GroupCommit(core);
    this.#port = port;
    this.#post = post;
  }

  start(): void {
    this.#port.on("message", (message: ToWorker<Request>) => this.#take(message));
    this.#tidySoon();
  }

  /** Takes all messages that wait, so that they share a commit. */
  #take(first: ToWorker<Request>): void {
    const groups: (readonly Request[])[] = [];
    let requests = 0;
    let next: ToWorker<Request> | undefined = first;
    while (next?.type === "group") {
      groups.push(next.requests);
      requests += next.requests.length;
      next = requests < groupRequestsMax ? this.#waitingMessage() : undefined;
    }
    if (groups.length > 0) this.#run(groups);
    if (next?.type === "close") this.#close();
    else if (this.#commit.isTidyDue) this.#tidySoon();
  }

  #waitingMessage(): ToWorker<Request> | undefined {
    const waiting: { message: ToWorker<Request> } | undefined = receiveMessageOnPort(this.#port);
    return waiting?.message;
  }

  #run(groups: readonly (readonly Request[])[]): void {
    const outcome = this.#commit.run(groups.flat());
    const buffersOf = this.#core.buffersOf?.bind(this.#core) ?? (() => []);
    const buffers = outcome.answers.flatMap((answer) => (answer === undefined ? [] : buffersOf(answer)));
    this.#post({ type: "answers", outcomes: split(outcome, groups) }, buffers);
  }

  #tidySoon(): void {
    if (this.#isTidyDue) return;
    this.#isTidyDue = true;
    setImmediate(() => {
      this.#isTidyDue = false;
      const hadFailed = this.#commit.failure !== null;
      if (this.#commit.tidy()) this.#tidySoon();
      if (!hadFailed && this.#commit.failure !== null) this.#post({ type: "failed", fault: this.#commit.failure });
    });
  }

  #close(): void {
    try {
      this.#commit.close();
    } finally {
      this.#port.close();
    }
  }
}

function split<Answer>(whole: GroupOutcome<Answer>, groups: readonly (readonly unknown[])[]): GroupOutcome<Answer>[] {
  let start = 0;
  return groups.map(({ length }) => {
    const from = start;
    start += length;
    const faults = [...whole.faults].filter(([index]) => index >= from && index < start);
    return {
      answers: whole.answers.slice(from, start),
      faults: new Map(faults.map(([index, fault]) => [index - from, fault])),
      failure: whole.failure,
    };
  });
}
