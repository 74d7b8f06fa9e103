import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { CommitThread, CommitThreadOptions } from "../../cloud-sync/sqlite/commit-thread.ts";
import { inlineCommitThread } from "../../cloud-sync/sqlite/inline-commit-thread.ts";
import type { errorOf } from "../../cloud-sync/sqlite/sqlite-error.ts";
import { workerCommitThread } from "../../cloud-sync/sqlite/worker-commit-thread.ts";
import { StoreClient } from "./store-client.ts";
import type { StoreCoreOptions } from "./store-core.ts";
import { type StoreLimits, storeLimits } from "./store-limits.ts";
import type { StoreAnswer, StoreNotice, StoreRequest } from "./store-request.ts";
import type { Store } from "./store.ts";

export interface StoreOptions {
  readonly path: string;
  /** 32 random bytes; null for a store without encryption and without protection against bit rot. */
  readonly key: Uint8Array | null;
  readonly clock: Clock;
  /** `worker` keeps a slow disk away from the event loop; `inline` is deterministic, for tests and short commands. */
  readonly thread: "worker" | "inline";
  /** `reader` looks at the store of a gateway that may be running, and can change nothing. Default: `owner`. */
  readonly access?: "owner" | "reader";
  readonly limits?: Partial<StoreLimits>;
  /** A damaged file was set aside, its readings were taken over, or the alarm changed. */
  onNotice?(notice: StoreNotice): void;
  /** The disk failed, the file is damaged, or the thread died: the process should end with an error. Called once. */
  onFailure?(error: ReturnType<typeof errorOf>): void;
}

/**
 * Opens the store. Rejects with `store-locked`, `store-unreachable`, `store-key-wrong`, `store-foreign`,
 * `store-schema-newer`, `store-schema-older` or `disk-full`, and then has changed nothing.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, key, clock } = options;
  const limits = { ...storeLimits, ...options.limits };
  const core: StoreCoreOptions = { path, key, limits, access: options.access ?? "owner", at: clock.now() };
  const inbox = new NoticeInbox(options);
  const client = new StoreClient(await startThread(options, core, inbox), clock);
  inbox.open(client);
  return client;
}

function bytesOf(request: StoreRequest): number {
  if (request.type === "add") return request.body.length + 200;
  if (request.type !== "record") return 500;
  const { changes, events, audit } = request.deed;
  return 500 * (1 + changes.length + events.length + audit.length);
}

async function startThread(
  options: StoreOptions,
  core: StoreCoreOptions,
  inbox: NoticeInbox,
): Promise<CommitThread<StoreRequest, StoreAnswer>> {
  const onNotice = (notice: StoreNotice): void => inbox.take(notice);
  const common: CommitThreadOptions<StoreRequest> = {
    limits: core.limits,
    bytesOf,
    onFailure: (error) => options.onFailure?.(error),
  };
  if (options.thread === "inline") {
    // Beside a worker this thread never loads SQLite: that saves memory, and time at the start.
    const { createStoreCore } = await import("./store-core.ts");
    return inlineCommitThread(createStoreCore(core, onNotice), common);
  }
  const entry = new URL("./store-worker.ts", import.meta.url);
  return await workerCommitThread({ ...common, entry, coreOptions: core, onNotice });
}

/** Keeps what the thread tells before there is anybody to tell it to. */
class NoticeInbox {
  readonly #options: StoreOptions;
  #early: StoreNotice[] = [];
  #client: StoreClient | null = null;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  open(client: StoreClient): void {
    this.#client = client;
    for (const notice of this.#early) this.take(notice);
    this.#early = [];
  }

  take(notice: StoreNotice): void {
    if (this.#client === null) this.#early.push(notice);
    else if (notice.type === "added") this.#client.tellAdded(notice.lane);
    else if (notice.type === "removal-ended") this.#client.tellEvents();
    else this.#options.onNotice?.(notice);
  }
}
