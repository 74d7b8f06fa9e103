import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import type { QuarantineEntry, Store } from "../../store/store.ts";
import { readingPages } from "../reading-pages.ts";
import type { BooksInput, ShownRecord } from "./demo-books.ts";

export interface BookKeeper {
  readonly journalPath: string;
  readonly store: Store;
  /** The identity that the gateway makes of the device at an address. */
  deviceIds(): Promise<ReadonlyMap<string, string>>;
}

const journalLine = z.looseObject({
  event: z.enum(["taken", "shown"]),
  device: z.looseObject({ address: z.string() }),
  record: z.number(),
  kind: z.enum(["reading", "control-solution", "fault", "context"]),
  hex: z.string(),
});

const pageSize = 500;

/** Reads the three books: what devices showed, what the gateways keep, and what the sink holds. */
export async function readBooks(keepers: readonly BookKeeper[], sink: SinkReader): Promise<BooksInput> {
  const sites = await Promise.all(keepers.map(readSite));
  return {
    shown: sites.flatMap(({ shown }) => shown),
    store: {
      readings: sites.flatMap(({ readings }) => readings),
      quarantined: sites.flatMap(({ quarantined }) => quarantined),
    },
    settledIds: sites.flatMap(({ settledIds }) => settledIds),
    sink: await readSink(sink),
  };
}

async function readSite(keeper: BookKeeper): Promise<SiteBooks> {
  const { journalPath, store } = keeper;
  const readings: Reading[] = [];
  const settledIds: string[] = [];
  for await (const page of readingPages(store, {})) {
    for (const { reading, state } of page) {
      readings.push(reading);
      if (state === "delivered") settledIds.push(reading.id);
    }
  }
  const ids = await keeper.deviceIds();
  const shown = await readJournal(journalPath, (address) => ids.get(address) ?? `address:${address}`);
  return { shown, readings, settledIds, quarantined: await readQuarantine(store) };
}

interface SiteBooks {
  readonly shown: readonly ShownRecord[];
  readonly readings: readonly Reading[];
  readonly settledIds: readonly string[];
  readonly quarantined: readonly QuarantineEntry[];
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
