import type { CommitCore } from "./commit-core.ts";
import { CommitQueue, type CommitThread, type CommitThreadOptions } from "./commit-thread.ts";
import { GroupCommit } from "./group-commit.ts";

/**
 * The commit thread without a thread: groups run in a microtask, so that under a simulated clock the same calls always
 * make the same groups. Housekeeping takes one step after each group.
 */
export function inlineCommitThread<Request, Answer>(
  core: CommitCore<Request, Answer>,
  options: CommitThreadOptions<Request>,
): CommitThread<Request, Answer> {
  const commit = new GroupCommit(core);
  const queue: CommitQueue<Request, Answer> = new CommitQueue(options, {
    groupsMax: 1,
    post: (requests) => {
      const outcome = commit.run(requests);
      if (commit.isTidyDue) commit.tidy();
      queueMicrotask(() => queue.answer({ ...outcome, failure: commit.failure }));
    },
    close: () => {
      commit.close();
      return Promise.resolve();
    },
  });
  return queue;
}
