import { setTimeout as sleep } from "node:timers/promises";
import { type IngestorProcess, type IngestSections, startIngestorProcess } from "../doubles/ingestor-process.ts";
import type { Strike } from "./shape.ts";

/** Ingestors of one group over one database, each a process with a configuration of its own. */
export interface Ingestors {
  /** SIGKILL to one, and a start a little later. */
  readonly strikes: readonly Strike[];
  stop(): Promise<void>;
}

export interface IngestorsOptions {
  readonly folder: string;
  readonly names: readonly string[];
  readonly sectionsOf: (name: string) => IngestSections;
  /** Between the kill and the start. */
  readonly awayMs: number;
}

export async function startIngestors({ folder, names, sectionsOf, awayMs }: IngestorsOptions): Promise<Ingestors> {
  const running = new Map<string, IngestorProcess>();
  const start = async (name: string): Promise<void> => {
    running.set(name, await startIngestorProcess({ name, folder, sections: sectionsOf(name), quiet: true }));
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((ingestor) => ingestor.kill()));
  };
  try {
    // One after the other: the first makes the tables.
    for (const name of names) await start(name);
  } catch (error) {
    await stop();
    throw error;
  }
  const strikes = names.map((name) => ({
    name: `ingestor ${name} killed`,
    strike: async (): Promise<void> => {
      await running.get(name)?.kill();
      await sleep(awayMs);
      await start(name);
    },
  }));
  return { strikes, stop };
}
