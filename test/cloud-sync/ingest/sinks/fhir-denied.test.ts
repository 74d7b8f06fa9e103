import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type FhirAnswer, judgeAnswer } from "../../../../cloud-sync/ingest/sinks/fhir-answer.ts";
import type { FhirClient } from "../../../../cloud-sync/ingest/sinks/fhir-client.ts";
import { createFhirForwarder, type FhirCounts } from "../../../../cloud-sync/ingest/sinks/fhir-forwarder.ts";
import { openFhirLedger } from "../../../../cloud-sync/ingest/sinks/fhir-ledger.ts";
import { createVirtualClock } from "../../../../simulators/clock/virtual-clock.ts";
import { createMemorySink } from "../../../doubles/memory-sink.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { glucose } from "../../fhir/reading-samples.ts";

/** As a server that works answers, for which nothing of this one device is ours to tell. */
const denied: FhirAnswer = judgeAnswer({ status: 403, retryAfter: null, body: "" }, 4);

interface Stage {
  /** Commits so many readings, and lets a forwarder run for so long at this server. */
  readonly run: (readings: number, server: Pick<FhirClient, "transact" | "isWelcome">) => Promise<FhirCounts>;
}

function stage(): Stage {
  const clock = createVirtualClock(0);
  const sink = createMemorySink({ clock });
  const folder = mkdtempSync(join(tmpdir(), "carepost-denied-"));
  const path = join(folder, "fhir.db");
  const ledger = openFhirLedger({ path, key: null, at: 0, server: "https://fhir.example.org", quarantinedMax: 100 });
  onTestFinished(() => {
    ledger.close();
    rmSync(folder, { recursive: true });
  });
  const run: Stage["run"] = async (count, server) => {
    const readings = Array.from({ length: count }, (_, number) =>
      glucose({ id: `8a0e1f1e-0000-5000-8000-${String(number).padStart(12, "0")}`, sequenceNumber: number }),
    );
    await sink.commit(readings.map((reading) => ({ gateway: "gw-1", reading })));
    const client: FhirClient = { ...server, isAlive: () => Promise.resolve(true) };
    const forwarder = createFhirForwarder(
      { sink, ledger, client, clock, random: () => 1, log: keptLog() },
      { profiles: "phd", retry: { firstDelayMaxMs: 1_000, delayMaxMs: 60_000 } },
    );
    const stop = new AbortController();
    const running = forwarder.run(stop.signal);
    // Tried three times, each is waited for for one second and then for two.
    await clock.advance(count * 3_000);
    stop.abort();
    await running;
    return forwarder.counts();
  };
  return { run };
}

const welcome = (): Promise<boolean> => Promise.resolve(true);

test("readings that are not for us to tell do not hold up, each longer than the last, what comes after them", async () => {
  const counts = await stage().run(20, { transact: () => Promise.resolve(denied), isWelcome: welcome });
  expect(counts).toMatchObject({ told: 0, setAside: 20 });
});

test("a reading is not set aside for credentials that are mended between its answer and the question about them", async () => {
  let isMended = false;
  const taken: FhirAnswer = { type: "taken", entries: 4, created: 4 };
  const counts = await stage().run(1, {
    transact: () => Promise.resolve(isMended ? taken : denied),
    isWelcome: () => {
      isMended = true;
      return welcome();
    },
  });
  expect(counts).toMatchObject({ told: 1, setAside: 0 });
});
