import { cliErrors } from "./cli-error.ts";
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

/** What `readings list` shows of an id on a terminal, and the least by which a reading can be named. */
export const shortIdChars = 8;

/**
 * One reading by its id, or by the beginning of it. Rejects with `unknown-reading`, or with `reading-id-ambiguous` if
 * several begin so: nothing is ever done to a reading that might not have been meant.
 */
export async function findReading(
  store: Store,
  id: string,
  query: Omit<ReadingQuery, "limit" | "beforeSeq"> = {},
): Promise<StoredReading> {
  const found: StoredReading[] = [];
  for await (const page of readingPages(store, query)) {
    found.push(...page.filter(({ reading }) => id.length >= shortIdChars && reading.id.startsWith(id.toLowerCase())));
    if (found.length > 1) throw cliErrors.make("reading-id-ambiguous", `several readings have an id that begins so`);
    if (found[0]?.reading.id === id.toLowerCase()) break;
  }
  const [only] = found;
  if (only === undefined) throw cliErrors.make("unknown-reading", "the store has no reading of that id");
  return only;
}
