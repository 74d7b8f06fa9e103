import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { Store } from "../../store/store.ts";
import type { ResultView } from "../contract/visit-view.ts";
import type { RangeTables } from "../ranges/range-table.ts";
import { resultViewOf } from "./result-view.ts";

interface Result {
  readonly reading: Reading;
  readonly delivery: ResultView["delivery"];
}

const resultsMax = 32;

/**
 * The readings of a visit that its person may see, the newest first. Those of a device that was not chosen yet are kept
 * back until it is.
 */
export class VisitResults {
  #shown: readonly Result[] = [];
  #keptBack: readonly Result[] = [];

  get count(): number {
    return this.#shown.length;
  }

  get newest(): Reading | null {
    return this.#shown[0]?.reading ?? null;
  }

  views(tables: RangeTables): ResultView[] {
    return this.#shown.map(({ reading, delivery }) => resultViewOf(reading, delivery, tables));
  }

  show(reading: Reading, delivery: ResultView["delivery"]): void {
    this.#shown = [{ reading, delivery }, ...this.#shown].slice(0, resultsMax);
  }

  keepBack(reading: Reading, delivery: ResultView["delivery"]): void {
    this.#keptBack = [{ reading, delivery }, ...this.#keptBack].slice(0, resultsMax);
  }

  /** The device was chosen: shows what was kept back of it. Returns whether there was anything. */
  choose(deviceId: string): boolean {
    const chosen = this.#keptBack.filter(({ reading }) => reading.device.id === deviceId);
    this.#keptBack = this.#keptBack.filter((each) => !chosen.includes(each));
    this.#shown = [...chosen, ...this.#shown].slice(0, resultsMax);
    return chosen.length > 0;
  }

  /** Asks the store what was delivered by now. Returns whether anything shows another state. */
  async refresh(store: Pick<Store, "readings">, person: string): Promise<boolean> {
    const waiting = this.#shown.filter(({ delivery }) => delivery === "waiting");
    if (waiting.length === 0) return false;
    // A test of the meter itself has no person: it is looked for among those of its device.
    const tested = waiting.filter(({ reading }) => reading.person === null).map(({ reading }) => reading.device.id);
    const queries = [{ person }, ...[...new Set(tested)].map((deviceId) => ({ deviceId }))];
    const pages = queries.map((query) => store.readings({ ...query, limit: resultsMax * 2 }));
    const stored = (await Promise.all(pages)).flat();
    const delivered = new Set(stored.filter(({ state }) => state === "delivered").map(({ reading }) => reading.id));
    const before = this.#shown;
    this.#shown = before.map((each) =>
      each.delivery === "waiting" && delivered.has(each.reading.id) ? { ...each, delivery: "delivered" } : each,
    );
    return this.#shown.some((each, index) => each.delivery !== before[index]?.delivery);
  }
}
