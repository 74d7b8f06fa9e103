import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type FhirAnswer, judgeAnswer } from "../../../../cloud-sync/ingest/sinks/fhir-answer.ts";
import type { FhirClient } from "../../../../cloud-sync/ingest/sinks/fhir-client.ts";
import { createFhirForwarder } from "../../../../cloud-sync/ingest/sinks/fhir-forwarder.ts";
import { openFhirLedger } from "../../../../cloud-sync/ingest/sinks/fhir-ledger.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { createMemorySink } from "../../../doubles/memory-sink.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { glucose } from "../../fhir/reading-samples.ts";

/** As a server that works answers, for which nothing of this one device is ours to tell. */
const denied: FhirAnswer = judgeAnswer({ status: 403, retryAfter: null, body: "" }, 4);

test("readings that are not for us to tell do not hold up, each longer than the last, what comes after them", async () => {
  const clock = createVirtualClock(0);
  const sink = createMemorySink({ clock });
  const folder = mkdtempSync(join(tmpdir(), "carepost-denied-"));
  const path = join(folder, "fhir.db");
  const ledger = openFhirLedger({ path, key: null, at: 0, server: "https://fhir.example.org", quarantinedMax: 100 });
  onTestFinished(() => {
    ledger.close();
    rmSync(folder, { recursive: true });
  });
  const readings = Array.from({ length: 20 }, (_, number) =>
    glucose({ id: `8a0e1f1e-0000-5000-8000-${String(number).padStart(12, "0")}`, sequenceNumber: number }),
  );
  await sink.commit(readings.map((reading) => ({ gateway: "gw-1", reading })));
  const client: FhirClient = {
    transact: () => Promise.resolve(denied),
    isAlive: () => Promise.resolve(true),
    isWelcome: () => Promise.resolve(true),
  };
  const forwarder = createFhirForwarder(
    { sink, ledger, client, clock, random: () => 1, log: keptLog() },
    { profiles: "phd", retry: { firstDelayMaxMs: 1_000, delayMaxMs: 60_000 } },
  );
  const stop = new AbortController();
  const run = forwarder.run(stop.signal);
  // Three tries each, after one second and after two.
  await clock.advance(20 * 3_000);
  stop.abort();
  await run;
  expect(forwarder.counts()).toMatchObject({ told: 0, setAside: 20 });
});
