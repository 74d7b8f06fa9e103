import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { CarepostError } from "../../../device-drivers/kit/carepost-error.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { narrowLimits } from "./narrow-limits.ts";

/** More than any writer here writes. */
const readingsMax = 10_000;

/** The readings that a store holds after its own recovery. A file that it had to set aside counts as unreadable. */
export const readStore =
  (key: Uint8Array | null) =>
  async (path: string): Promise<ReadonlySet<string> | string> => {
    const notices: string[] = [];
    const onNotice = ({ type }: { readonly type: string }): void => void notices.push(type);
    try {
      const store = await openStore({
        path,
        key,
        clock: systemClock,
        thread: "inline",
        limits: narrowLimits,
        onNotice,
      });
      const readings = await store.readings({ limit: readingsMax });
      await store.close();
      return notices.includes("set-aside") ? "set-aside" : new Set(readings.map(({ reading }) => reading.id));
    } catch (error) {
      if (error instanceof CarepostError) return error.code;
      throw error;
    }
  };

/** The readings that a sink holds after its own recovery. */
export const readSink =
  (key: Uint8Array | null) =>
  async (path: string): Promise<ReadonlySet<string> | string> => {
    try {
      const sink = await openSqliteSink({ path, key, clock: systemClock, thread: "inline" });
      const readings = await sink.readings({ afterPosition: 0, limit: readingsMax });
      await sink.close();
      return new Set(readings.map(({ reading }) => reading.id));
    } catch (error) {
      if (error instanceof CarepostError) return error.code;
      throw error;
    }
  };

/** The rows that the control's database holds. */
export function readControl(path: string): Promise<ReadonlySet<string> | string> {
  if (!existsSync(path)) return Promise.resolve("absent");
  const database = new Database(path);
  try {
    const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'entry'").get() !== undefined;
    const ids = hasTable ? database.prepare<[], string>("SELECT id FROM entry").pluck().all() : [];
    return Promise.resolve(new Set(ids));
  } catch (error) {
    return Promise.resolve(error instanceof Error ? error.message : "unreadable");
  } finally {
    database.close();
  }
}
