import { Worker } from "node:worker_threads";
import { CommitQueue, type CommitThread, type CommitThreadOptions } from "./commit-thread.ts";
import type { FromWorker, ToWorker } from "./commit-worker.ts";
import { errorOf } from "./sqlite-error.ts";

export interface WorkerOptions<Options, Request, Notice> extends CommitThreadOptions<Request> {
  /** The worker's entry module: it calls `serveCommits` with the maker of the core. */
  readonly entry: URL;
  /** What the core is made from; it is cloned. */
  readonly coreOptions: Options;
  onNotice(notice: Notice): void;
}

/**
 * Starts a worker thread and opens the database there. Rejects with what the core's maker threw. When the thread dies,
 * all that waits is rejected with `commit-thread-ended`: whether it is on disk is then unknown until the next start.
 */
export async function workerCommitThread<Options, Request, Answer, Notice>(
  options: WorkerOptions<Options, Request, Notice>,
): Promise<CommitThread<Request, Answer>> {
  const worker = new Worker(options.entry, { workerData: options.coreOptions, name: "commit" });
  const ended = Promise.withResolvers<void>();
  let isOpen = false;
  let isClosing = false;
  let isDead = false;
  const opened = Promise.withResolvers<void>();
  const send = (message: ToWorker<Request>): void => worker.postMessage(message, []);
  const queue = new CommitQueue<Request, Answer>(options, {
    // One group is with the disk and the next lies ready, so that the thread never waits for the event loop.
    groupsMax: 2,
    post: (requests) => send({ type: "group", requests }),
    close: async () => {
      isClosing = true;
      send({ type: "close" });
      await ended.promise;
    },
  });
  const die = (cause: unknown): void => {
    if (isDead) return;
    isDead = true;
    const reason = cause instanceof Error ? cause.message : `exit code ${String(cause)}`;
    const fault = { code: "commit-thread-ended", message: `the database thread ended: ${reason}` } as const;
    if (isClosing) ended.reject(errorOf(fault));
    else if (isOpen) queue.fail(fault);
    else opened.reject(errorOf(fault));
  };
  worker.on("message", (message: FromWorker<Answer, Notice>) => {
    if (message.type === "answers") message.outcomes.forEach((outcome) => queue.answer(outcome));
    else if (message.type === "notice") options.onNotice(message.notice);
    else if (message.type === "failed") queue.fail(message.fault);
    else if (message.type === "opened") opened.resolve();
    else opened.reject(errorOf(message.fault));
  });
  worker.once("error", die);
  worker.once("exit", (code) => {
    if (code !== 0 || !isClosing) die(code);
    ended.resolve();
  });
  await opened.promise;
  isOpen = true;
  return queue;
}
