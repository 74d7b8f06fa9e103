import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { groupsOf, withIngestor } from "../../../gateway/cli/with-ingestor.ts";
import { ingestControlPath } from "../../../gateway/control/ingest-protocol.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { temporaryFolder } from "../store/store-rig.ts";

test("much is asked in several questions, in its order", () => {
  expect(groupsOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(groupsOf([1, 2], 2)).toEqual([[1, 2]]);
  expect(groupsOf([], 2)).toEqual([]);
});

test("what an ingestor that ends has not answered the command does itself, with one sink for all of it", async () => {
  const path = join(temporaryFolder(), "sink.db");
  const made = await openSqliteSink({ path, key: null, clock: systemClock, thread: "inline" });
  await made.close();
  const ingestor = createServer((socket) => {
    ingestor.close();
    const result = { op: "set-homes", changed: 40 };
    socket.once("data", () => socket.end(`${JSON.stringify({ v: 1, ok: true, result })}\n`));
  }).listen(ingestControlPath(path));
  await once(ingestor, "listening");
  const question = (person: string) => ({ op: "set-homes", homes: [{ person, gateway: "hub-1" }] }) as const;
  const sinks = new Set<object>();
  const answers = await withIngestor<"set-homes">(
    { sink: path },
    {
      questions: ["p-1", "p-2", "p-3"].map(question),
      own: async (sink, { homes: group }) => {
        sinks.add(sink);
        return { changed: await sink.rosters.setHomes(group) };
      },
    },
  );
  expect(answers).toMatchObject([{ changed: 40 }, { changed: 1 }, { changed: 1 }]);
  expect(sinks.size).toBe(1);
});
