import type { ReadingQuery, Store, StoredReading } from "../store/store.ts";

const pageReadings = 500;

/** Readings that fit, newest first, page by page, so that a store of any size is read in little memory. */
export async function* readingPages(
  store: Store,
  query: Omit<ReadingQuery, "limit" | "beforeSeq">,
): AsyncGenerator<readonly StoredReading[]> {
  let beforeSeq: number | undefined;
  for (;;) {
    const page = await store.readings({
      ...query,
      limit: pageReadings,
      ...(beforeSeq === undefined ? {} : { beforeSeq }),
    });
    if (page.length > 0) yield page;
    if (page.length < pageReadings) return;
    beforeSeq = page.at(-1)?.seq;
  }
}

/** One reading by its id; null if the store does not have it. */
export async function findReading(store: Store, id: string): Promise<StoredReading | null> {
  for await (const page of readingPages(store, {})) {
    const found = page.find(({ reading }) => reading.id === id);
    if (found !== undefined) return found;
  }
  return null;
}
