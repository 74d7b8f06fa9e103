import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { CommitLimits, CommitThread } from "../../../cloud-sync/sqlite/commit-thread.ts";
import { inlineCommitThread } from "../../../cloud-sync/sqlite/inline-commit-thread.ts";
import { workerCommitThread } from "../../../cloud-sync/sqlite/worker-commit-thread.ts";
import { temporaryFolder } from "../../gateway/store/store-rig.ts";
import { TallyCore, type TallyRequest } from "./tally-core.ts";

type Tally = CommitThread<TallyRequest, readonly number[]>;

interface Rig {
  readonly path: string;
  readonly failures: string[];
  open(): Promise<Tally>;
}

function rig(thread: "inline" | "worker", options: { commitMs?: number; limits?: Partial<CommitLimits> } = {}): Rig {
  const path = join(temporaryFolder(), "tally.db");
  const failures: string[] = [];
  const coreOptions = { path, commitMs: options.commitMs ?? 0 };
  const common = {
    limits: options.limits ?? {},
    bytesOf: () => 100,
    onFailure: (error: Error & { readonly code: string }) => failures.push(error.code),
  };
  const open = async (): Promise<Tally> => {
    const entry = new URL("./tally-worker.ts", import.meta.url);
    const tally: Tally =
      thread === "inline"
        ? inlineCommitThread(new TallyCore(coreOptions), common)
        : await workerCommitThread({ ...common, entry, coreOptions, onNotice: () => {} });
    onTestFinished(() => tally.close().catch(() => {}));
    return tally;
  };
  return { path, failures, open };
}

const put = (value: number): TallyRequest => ({ type: "put", value });

for (const thread of ["inline", "worker"] as const) {
  test(`${thread}: requests of one turn share one commit, and are answered in order`, async () => {
    const tally = await rig(thread).open();
    const answers = await Promise.all([3, 1, 2].map((value) => tally.submit(put(value))));
    expect(answers).toEqual([[3], [1], [2]]);
    expect(await tally.submit({ type: "commits" })).toEqual([1]);
    expect(await tally.submit({ type: "all" })).toEqual([1, 2, 3]);
  });

  test(`${thread}: a request that fails takes no other of its group with it`, async () => {
    const tally = await rig(thread).open();
    const poisoned: TallyRequest = { type: "put-and-fail", value: 2 };
    const settled = await Promise.allSettled(
      [put(1), poisoned, put(1), put(3)].map((request) => tally.submit(request)),
    );
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({ reason: { code: "store-request-failed" } });
    expect(await tally.submit({ type: "all" })).toEqual([1, 3]);
  });

  test(`${thread}: what is read together with a write that found no room is answered`, async () => {
    const tally = await rig(thread).open();
    await tally.submit(put(1));
    const group: readonly TallyRequest[] = [{ type: "all" }, put(2), { type: "find-no-room" }, { type: "all" }];
    const settled = await Promise.allSettled(group.map((request) => tally.submit(request)));
    expect(settled).toMatchObject([
      { value: [1] },
      { reason: { code: "disk-full" } },
      { reason: { code: "disk-full" } },
      { value: [1] },
    ]);
  });

  test(`${thread}: more than the bounds allow is refused at once, and taken again later`, async () => {
    const tally = await rig(thread, { limits: { waitingRequestsMax: 3 } }).open();
    const first = [1, 2, 3].map((value) => tally.submit(put(value)));
    await expect(tally.submit(put(4))).rejects.toMatchObject({ code: "commit-queue-full" });
    await Promise.all(first);
    expect(await tally.submit(put(4))).toEqual([4]);
  });

  test(`${thread}: the bytes that wait are bounded too`, async () => {
    const tally = await rig(thread, { limits: { waitingBytesMax: 200 } }).open();
    const first = [1, 2].map((value) => tally.submit(put(value)));
    await expect(tally.submit(put(3))).rejects.toMatchObject({ code: "commit-queue-full" });
    await Promise.all(first);
    expect(await tally.submit(put(3))).toEqual([3]);
  });

  test(`${thread}: after a flush that failed nothing is taken, and what was answered before is on disk`, async () => {
    const subject = rig(thread);
    const tally = await subject.open();
    await tally.submit(put(1));
    const [failed, shared] = await Promise.allSettled([tally.submit({ type: "fail-to-flush" }), tally.submit(put(2))]);
    expect(failed).toMatchObject({ reason: { code: "storage-failed", recovery: "stop" } });
    expect(shared).toMatchObject({ reason: { code: "storage-failed" } });
    await expect(tally.submit(put(3))).rejects.toMatchObject({ code: "storage-failed" });
    await expect(tally.submit({ type: "all" })).rejects.toMatchObject({ code: "storage-failed" });
    expect(subject.failures).toEqual(["storage-failed"]);
    await tally.close();
    expect(await (await subject.open()).submit({ type: "all" })).toEqual([1]);
  });

  test(`${thread}: closing carries out what was submitted before`, async () => {
    const subject = rig(thread);
    const tally = await subject.open();
    const last = tally.submit(put(1));
    await tally.close();
    expect(await last).toEqual([1]);
    await expect(tally.submit(put(2))).rejects.toMatchObject({ code: "store-closed" });
    expect(await (await subject.open()).submit({ type: "all" })).toEqual([1]);
  });

  test(`${thread}: a commit that need not wait for the disk is there after a restart`, async () => {
    const subject = rig(thread);
    const tally = await subject.open();
    await tally.submit({ type: "put-lazily", value: 1 });
    await tally.close();
    expect(await (await subject.open()).submit({ type: "all" })).toEqual([1]);
  });
}

test("when the thread dies, all that waits is rejected and the owner is told", async () => {
  const subject = rig("worker");
  const tally = await subject.open();
  await tally.submit(put(1));
  const settled = await Promise.allSettled([{ type: "die" } as const, put(2)].map((request) => tally.submit(request)));
  for (const { status } of settled) expect(status).toBe("rejected");
  expect(settled[1]).toMatchObject({ reason: { code: "commit-thread-ended" } });
  await expect(tally.submit(put(3))).rejects.toMatchObject({ code: "commit-thread-ended" });
  expect(subject.failures).toEqual(["commit-thread-ended"]);
  await tally.close();
  expect(await (await subject.open()).submit({ type: "all" })).toEqual([1]);
});

test("a thread that dies of an error is told as one that died, and the program goes on", async () => {
  const subject = rig("worker");
  const tally = await subject.open();
  await tally.submit({ type: "break" });
  await vi.waitUntil(() => subject.failures.length > 0, { timeout: 60_000 });
  expect(subject.failures).toEqual(["commit-thread-ended"]);
  await expect(tally.submit(put(1))).rejects.toMatchObject({
    message: expect.stringContaining("the thread is broken"),
  });
  await tally.close();
});

test("a thread that cannot be started says so to whoever starts it, and to nobody else", async () => {
  const entry = new URL("./absent-worker.ts", import.meta.url);
  const starting = workerCommitThread({
    entry,
    coreOptions: {},
    bytesOf: () => 1,
    onFailure: () => {},
    onNotice: () => {},
  });
  await expect(starting).rejects.toMatchObject({ code: "commit-thread-ended" });
});

test("a thread that fails as it closes its database says so to whoever closes it", async () => {
  const tally = await rig("worker").open();
  await tally.submit({ type: "break-at-close" });
  await expect(tally.close()).rejects.toMatchObject({ message: expect.stringContaining("the file cannot be closed") });
});

test("a thread that dies as it closes its database is not taken for one that has closed it", async () => {
  const tally = await rig("worker").open();
  await tally.submit({ type: "die-at-close" });
  await expect(tally.close()).rejects.toMatchObject({ code: "commit-thread-ended" });
});

test("a thread that cannot open its database says why", async () => {
  const path = join(temporaryFolder(), "absent", "tally.db");
  const entry = new URL("./tally-worker.ts", import.meta.url);
  const coreOptions = { path, commitMs: 0 };
  const failures: string[] = [];
  const onFailure = (error: Error & { readonly code: string }): void => void failures.push(error.code);
  const opening = workerCommitThread({ entry, coreOptions, bytesOf: () => 1, onFailure, onNotice: () => {} });
  await expect(opening).rejects.toMatchObject({ code: "store-unreachable" });
  expect(failures).toEqual([]);
});

test("while a slow disk commits, the event loop turns, and what comes shares the next commit", async () => {
  const tally = await rig("worker", { commitMs: 30 }).open();
  let turns = 0;
  const turning = setInterval(() => (turns += 1), 1);
  onTestFinished(() => clearInterval(turning));
  const answers: Promise<readonly number[]>[] = [];
  for (let value = 0; value < 200; value++) {
    answers.push(tally.submit(put(value)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(answers);
  const [commits = 0] = await tally.submit({ type: "commits" });
  expect(commits).toBeLessThan(50);
  // One commit blocks a loop for 30 turns of a millisecond: far more than so many show that it never waited.
  expect(turns).toBeGreaterThan(commits);
});
