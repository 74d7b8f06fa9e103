import type { SinkReader } from "../../cloud-sync/ingest/sink.ts";
import type { Fate } from "./ledger.ts";

/** What a look into the sink found of the readings that a fleet was shown. Counts of readings. */
export interface SinkCheck {
  /** Of the fleet's. */
  readonly rows: number;
  /** A receipt named it, and the sink has it not. */
  readonly lost: number;
  /** More than one row has its id. */
  readonly doubled: number;
  /** In the sink, though its receipt has not come. */
  readonly storedUnreceipted: number;
  /** Rows of ids that this fleet did not make. */
  readonly others: number;
}

/** Reads the whole sink, and compares all ids. */
export async function checkSink(
  sink: Pick<SinkReader, "readings">,
  fates: ReadonlyMap<string, Fate>,
): Promise<SinkCheck> {
  const rowsOf = new Map<string, number>();
  let others = 0;
  let afterPosition = 0;
  for (;;) {
    const page = await sink.readings({ afterPosition, limit: pageReadings });
    if (page.length === 0) break;
    for (const { position, reading } of page) {
      afterPosition = position;
      if (fates.has(reading.id)) rowsOf.set(reading.id, (rowsOf.get(reading.id) ?? 0) + 1);
      else others += 1;
    }
  }
  let [rows, lost, doubled, storedUnreceipted] = [0, 0, 0, 0];
  for (const [id, fate] of fates) {
    const count = rowsOf.get(id) ?? 0;
    rows += count;
    if (count > 1) doubled += 1;
    if (count === 0 && fate === "receipted") lost += 1;
    if (count > 0 && fate === "open") storedUnreceipted += 1;
  }
  return { rows, lost, doubled, storedUnreceipted, others };
}

const pageReadings = 1_000;
