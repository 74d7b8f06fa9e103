import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import type { SinkReader } from "../../../cloud-sync/ingest/sink.ts";
import { readingPages } from "../../../gateway/cli/reading-pages.ts";
import type { Store } from "../../../gateway/store/store.ts";
import type { BooksInput, DeviceRecord, Holding } from "./books.ts";

export interface BookKeepers {
  readonly journalPath: string;
  readonly store: Store;
  readonly sink: SinkReader;
}

const pageSize = 500;

/** The three books: what devices showed, what the gateway keeps, and what the sink holds. */
export async function readBooks(keepers: BookKeepers): Promise<Omit<BooksInput, "acknowledged">> {
  return {
    records: readJournal(keepers.journalPath),
    sink: await readSink(keepers.sink),
    store: await readStore(keepers.store),
    quarantine: await readQuarantine(keepers.store),
  };
}

const journalLine = z.looseObject({
  event: z.enum(["taken", "shown"]),
  device: z.looseObject({ systemId: z.string() }),
  record: z.number(),
  kind: z.enum(["reading", "control-solution", "fault", "context"]),
  person: z.string().nullable(),
  hex: z.string(),
});

function readJournal(path: string): readonly DeviceRecord[] {
  const records = new Map<string, DeviceRecord>();
  const lines = readFileSync(path, "utf8").split("\n");
  for (const text of lines.slice(0, -1)) {
    const { event, device, record, kind, person, hex } = journalLine.parse(JSON.parse(text));
    const key = `${device.systemId} ${record}`;
    const taken = records.get(key);
    if (event === "taken") {
      if (kind === "context") throw new Error("the journal says that a context was taken by itself");
      const isNew = { shown: false, context: null };
      records.set(key, { device: device.systemId, record, kind, person, frame: hex, ...isNew });
    } else if (taken === undefined) {
      throw new Error(`the journal shows record ${key}, which was never taken`);
    } else if (kind === "context") {
      records.set(key, { ...taken, context: hex });
    } else if (hex === taken.frame) {
      records.set(key, { ...taken, shown: true });
    } else {
      throw new Error(`record ${key} was shown with other octets than it was taken with`);
    }
  }
  return [...records.values()];
}

async function readSink(sink: SinkReader): Promise<readonly Holding[]> {
  const rows: Holding[] = [];
  for (let afterPosition = 0; ;) {
    const page = await sink.readings({ afterPosition, limit: pageSize });
    rows.push(...page.map(({ reading }) => holdingOf(reading)));
    if (page.length < pageSize) return rows;
    afterPosition = page.at(-1)?.position ?? afterPosition;
  }
}

async function readStore(store: Store): Promise<BooksInput["store"]> {
  const rows: BooksInput["store"][number][] = [];
  for await (const page of readingPages(store, {})) {
    for (const { reading, state } of page) rows.push({ ...holdingOf(reading), state });
  }
  return rows;
}

async function readQuarantine(store: Store): Promise<BooksInput["quarantine"]> {
  const rows: BooksInput["quarantine"][number][] = [];
  for (let afterId = 0; ;) {
    const page = await store.quarantined({ afterId, limit: pageSize });
    for (const { deviceId, frames } of page) {
      rows.push({ device: deviceId.replace("system-id:", ""), frames: frames.map(({ hex }) => hex) });
    }
    if (page.length < pageSize) return rows;
    afterId = page.at(-1)?.id ?? afterId;
  }
}

const holdingOf = ({ id, device, person, frames }: Reading): Holding => ({
  id,
  device: device.systemId ?? "",
  person,
  frames: frames.map(({ hex }) => hex),
});
