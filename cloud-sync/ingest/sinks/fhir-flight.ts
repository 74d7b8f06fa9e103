/** What is to be sent, and the identifiers by which the server searches before it creates. */
export interface KeyedTask<Item> {
  readonly item: Item;
  readonly keys: readonly string[];
}

/**
 * Runs `work` for every task, some at a time, but never two at once that share a key, and those in the order given: a
 * server's conditional create is no guarantee against two at the same moment, of which both may find nothing. Rejects
 * with the first failure, once what is under way has ended; nothing further is begun then.
 */
export async function singleFlight<Item>(
  tasks: readonly KeyedTask<Item>[],
  atOnceMax: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...tasks];
  const underWay = new Set<Promise<void>>();
  const busy = new Set<string>();
  const failures: unknown[] = [];
  while (failures.length === 0 && (waiting.length > 0 || underWay.size > 0)) {
    for (const task of underWay.size < atOnceMax ? startable(waiting, busy, atOnceMax - underWay.size) : []) {
      waiting.splice(waiting.indexOf(task), 1);
      for (const key of task.keys) busy.add(key);
      const run: Promise<void> = work(task.item)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          for (const key of task.keys) busy.delete(key);
          underWay.delete(run);
        });
      underWay.add(run);
    }
    await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}

/** Those that share no key with what is under way, nor with an earlier one that still waits. */
function startable<Item>(
  waiting: readonly KeyedTask<Item>[],
  busy: ReadonlySet<string>,
  most: number,
): readonly KeyedTask<Item>[] {
  const taken = new Set(busy);
  const found: KeyedTask<Item>[] = [];
  for (const task of waiting) {
    const isFree = task.keys.every((key) => !taken.has(key));
    for (const key of task.keys) taken.add(key);
    if (isFree) found.push(task);
    if (found.length >= most) break;
  }
  return found;
}
