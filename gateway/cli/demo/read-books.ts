import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import type { QuarantineEntry, Store } from "../../store/store.ts";
import { readingPages } from "../reading-pages.ts";
import type { BooksInput, ShownRecord } from "./demo-books.ts";

export interface BookKeepers {
  readonly journalPath: string;
  /** The identity that the gateway makes of the device at an address. */
  readonly deviceIdAt: (address: string) => string;
  readonly store: Store;
  readonly sink: SinkReader;
}

const journalLine = z.looseObject({
  event: z.enum(["taken", "shown"]),
  device: z.looseObject({ address: z.string() }),
  record: z.number(),
  kind: z.enum(["reading", "control-solution", "fault", "context"]),
  hex: z.string(),
});

const pageSize = 500;

/** Reads the three books: what devices showed, what the gateway keeps, and what the sink holds. */
export async function readBooks({ journalPath, deviceIdAt, store, sink }: BookKeepers): Promise<BooksInput> {
  const readings: Reading[] = [];
  const settledIds: string[] = [];
  for await (const page of readingPages(store, {})) {
    for (const { reading, state } of page) {
      readings.push(reading);
      if (state === "delivered") settledIds.push(reading.id);
    }
  }
  return {
    shown: await readJournal(journalPath, deviceIdAt),
    store: { readings, quarantined: await readQuarantine(store) },
    settledIds,
    sink: await readSink(sink),
  };
}

async function readJournal(path: string, deviceIdAt: (address: string) => string): Promise<readonly ShownRecord[]> {
  const shown: ShownRecord[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const { event, device, record, kind, hex } = journalLine.parse(JSON.parse(line));
    if (event === "shown") shown.push({ deviceId: deviceIdAt(device.address), record, kind, hex });
  }
  return shown;
}

async function readQuarantine(store: Store): Promise<readonly QuarantineEntry[]> {
  const entries: QuarantineEntry[] = [];
  for (;;) {
    const page = await store.quarantined({ afterId: entries.at(-1)?.id ?? 0, limit: pageSize });
    entries.push(...page);
    if (page.length < pageSize) return entries;
  }
}

async function readSink(sink: SinkReader): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (let afterPosition = 0; ;) {
    const page = await sink.readings({ afterPosition, limit: pageSize });
    readings.push(...page.map(({ reading }) => reading));
    if (page.length < pageSize) return readings;
    afterPosition = page.at(-1)?.position ?? afterPosition;
  }
}
