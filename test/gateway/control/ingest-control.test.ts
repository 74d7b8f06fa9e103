import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ingestErrors } from "../../../cloud-sync/ingest/ingest-error.ts";
import { askIngestor } from "../../../gateway/control/ingest-client.ts";
import { ingestControlPath } from "../../../gateway/control/ingest-protocol.ts";
import { type IngestServices, serveIngestControl } from "../../../gateway/control/ingest-control.ts";
import { keptLog } from "../../doubles/kept-log.ts";
import { simulatedIngest } from "../../doubles/simulated-operator.ts";
import { temporaryFolder } from "../store/store-rig.ts";

async function served(changes: Partial<IngestServices> = {}): Promise<string> {
  const path = ingestControlPath(join(temporaryFolder(), "sink.db"));
  const stopping = new AbortController();
  const control = { ...simulatedIngest().handle, ...changes, path, log: keptLog() };
  const running = serveIngestControl(control, stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  await expect.poll(() => askIngestor(path, { op: "remove-homes", people: [] })).not.toBeNull();
  return path;
}

test("nobody answers where no ingestor runs", async () => {
  expect(await askIngestor(join(temporaryFolder(), "none.sock"), { op: "replay" })).toBeNull();
});

test("a folder that is too deep for a socket is told of in the log, and the ingestor goes on", async () => {
  const log = keptLog();
  const path = join(temporaryFolder(), "deep".repeat(40), "sink.db.sock");
  await serveIngestControl({ ...simulatedIngest().handle, path, log }, AbortSignal.abort());
  expect(log.lines.map(({ event }) => event)).toEqual(["ingest-control-unavailable"]);
});

test("an error of the ingestor crosses whole, and one that nobody foresaw has a code too", async () => {
  const busy = ingestErrors.make("asks-full", "16 answers are waited for already");
  const path = await served({
    asks: { supportBundle: (gateway) => Promise.reject(gateway === "gw-1" ? busy : new RangeError("secret")) },
  });
  const ask = (gateway: string): Promise<unknown> => askIngestor(path, { op: "support-bundle", gateway });
  await expect(ask("gw-1")).rejects.toMatchObject({ code: "asks-full", remedy: busy.remedy, message: busy.message });
  await expect(ask("gw-2")).rejects.toMatchObject({
    code: "ingestor-failed",
    message: expect.not.stringContaining("secret"),
  });
});

test("a bundle of the largest size comes whole", async () => {
  const text = `{"log":"${'\\"'.repeat(2 ** 21)}"}`;
  const path = await served({ asks: { supportBundle: () => Promise.resolve(text) } });
  expect(await askIngestor(path, { op: "support-bundle", gateway: "gw-1" })).toMatchObject({ text });
});

test("as many may ask at once as it takes to be told that they are too many", async () => {
  const all = Promise.withResolvers<void>();
  let asking = 0;
  const supportBundle = async (gateway: string): Promise<string> => {
    asking += 1;
    if (asking === 20) all.resolve();
    await all.promise;
    return gateway;
  };
  const path = await served({ asks: { supportBundle } });
  const ids = Array.from({ length: 20 }, (_, index) => `gw-${index}`);
  const answers = await Promise.all(ids.map((gateway) => askIngestor(path, { op: "support-bundle", gateway })));
  expect(answers.map((answer) => answer?.text)).toEqual(ids);
});

test("what is no question, of another version, too long, or two at once ends the conversation", async () => {
  const path = await served();
  const wrong = ["nonsense\n", '{"v":2,"op":"replay"}\n', `"${"x".repeat(300_000)}"\n`, '{"v":1,"op":"replay"}\n{}\n'];
  for (const said of wrong) {
    const socket = connect(path);
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    // The far end may be gone before all of it is written.
    socket.on("error", () => undefined);
    socket.write(said);
    await new Promise((resolve) => socket.on("close", resolve));
    expect(answer).toBe("");
  }
  expect(await askIngestor(path, { op: "replay" })).toMatchObject({ examined: 0 });
});
