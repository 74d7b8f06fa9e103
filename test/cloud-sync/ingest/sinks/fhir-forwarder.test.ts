import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Reading } from "../../../../cloud-sync/contract/reading.ts";
import type { Sink, StoredReading } from "../../../../cloud-sync/ingest/sink.ts";
import { fhirClient } from "../../../../cloud-sync/ingest/sinks/fhir-client.ts";
import { createFhirForwarder, type FhirCounts } from "../../../../cloud-sync/ingest/sinks/fhir-forwarder.ts";
import { type FhirLedger, openFhirLedger } from "../../../../cloud-sync/ingest/sinks/fhir-ledger.ts";
import { openSqliteSink } from "../../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { keptLog } from "../../../doubles/kept-log.ts";
import { type FhirAnswer, memoryFhirServer, type MemoryFhirServer } from "../../../doubles/memory-fhir-server.ts";
import { realClock } from "../../../doubles/real-clock.ts";
import { seededRandom } from "../../../../simulators/random.ts";
import { bloodPressure, glucose } from "../../fhir/reading-samples.ts";

let folder = "";
let server: MemoryFhirServer;
let sink: Sink;
let ledger: FhirLedger;
const log = keptLog();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "carepost-fhir-"));
  server = await memoryFhirServer();
  sink = await openSqliteSink({ path: join(folder, "sink.db"), key: null, clock: realClock, thread: "inline" });
  ledger = openLedger();
});
afterEach(async () => {
  ledger.close();
  await sink.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

const openLedger = (quarantinedMax = 100): FhirLedger =>
  openFhirLedger({ path: join(folder, "fhir.db"), key: null, at: 0, server: server.url, quarantinedMax });

const readingNumber = (number: number): Reading => {
  const id = `8a0e1f1e-0000-5000-8000-${String(number).padStart(12, "0")}`;
  const device = `2026-07-01T07:${String(number % 60).padStart(2, "0")}:00`;
  const shared = { id, time: { ...glucose().time, device } };
  return number % 2 === 0 ? glucose({ ...shared, sequenceNumber: number }) : bloodPressure(shared);
};

async function commit(...numbers: readonly number[]): Promise<void> {
  await sink.commit(numbers.map((number) => ({ gateway: `gw-${number % 3}`, reading: readingNumber(number) })));
}

/** Long, because a server that is only slow would go on with what was given up, beside its repetition. */
const patientMs = 20_000;

function forwarder(timeoutMs = patientMs): ReturnType<typeof createFhirForwarder> {
  const client = fhirClient({ url: server.url, token: () => "secret", timeoutMs });
  return createFhirForwarder(
    { sink, ledger, client, clock: realClock, random: seededRandom(1), log },
    { profiles: "phd", pollMs: 5, retry: { firstDelayMaxMs: 4, delayMaxMs: 20 } },
  );
}

/** Runs until all of the sink is told or set aside. */
async function runToEnd(timeoutMs = patientMs): Promise<FhirCounts> {
  const one = forwarder(timeoutMs);
  const stop = new AbortController();
  const last = await sink.lastPosition();
  const run = one.run(stop.signal);
  await expect.poll(() => ledger.position(), { timeout: 20_000, interval: 5 }).toBe(last);
  stop.abort();
  await run;
  return one.counts();
}

const withoutSeconds = ({ reading, ...rest }: StoredReading): StoredReading => ({
  ...rest,
  reading: { ...reading, time: { ...reading.time, measured: "2026-07-01T07:58Z" } },
});

const mainObservations = async (): Promise<number> =>
  (await server.all("Observation")).filter((resource) => /"(?:150020|160184)"/.test(JSON.stringify(resource))).length;

test("records of one second, as of a clock that was set back or stands still, are all kept, and each once", async () => {
  const id = (number: number): string => `8a0e1f1e-0000-5000-8000-00000000000${number}`;
  const meter = [1, 2].map((number) => glucose({ id: id(number), sequenceNumber: number }));
  const cuff = [3, 4].map((number) => bloodPressure({ id: id(number) }));
  await sink.commit([...meter, ...cuff].map((reading) => ({ gateway: "gw-1", reading })));
  expect(await runToEnd()).toMatchObject({ told: 4, known: 0, setAside: 0 });
  expect(await mainObservations()).toBe(4);
  const before = await server.counts();
  ledger.advance(0);
  expect(await runToEnd()).toMatchObject({ told: 4, known: 4, setAside: 0 });
  expect(await server.counts()).toEqual(before);
});

test("every reading is told once, and a forwarder that begins again goes on where the last one stopped", async () => {
  await commit(1, 2, 3, 4, 5, 6);
  expect(await runToEnd()).toEqual({ told: 6, known: 0, setAside: 0, waits: 0 });
  await commit(7, 8);
  expect(await runToEnd()).toMatchObject({ told: 2 });
  expect(await server.counts()).toMatchObject({ Device: 4, Provenance: 8 });
  expect(await mainObservations()).toBe(8);
});

test("whatever a server answers, nothing is lost or doubled, and what it cannot take now it is told again", async () => {
  const failed = { resourceType: "Bundle", type: "transaction-response", entry: [{ response: { status: "503" } }] };
  const trouble: readonly FhirAnswer[] = [
    { status: 429, headers: { "retry-after": "0" } },
    { status: 503 },
    { status: 500 },
    "hang-up",
    { status: 409 },
    { status: 412 },
    { status: 200, body: "<html>" },
    { status: 200, body: failed },
    { status: 401 },
    { status: 302, headers: { location: "https://elsewhere.example" } },
  ];
  await commit(1, 2, 3, 4, 5, 6);
  for (const one of trouble) server.answerNext(one, "take");
  expect(await runToEnd()).toMatchObject({ told: 6, setAside: 0, waits: expect.any(Number) });
  expect(await mainObservations()).toBe(6);
  expect(ledger.counts().quarantined).toBe(0);
});

test("a server that says nothing is given up after a while, and told again", async () => {
  await commit(1);
  server.answerNext("silence");
  expect(await runToEnd(300)).toMatchObject({ told: 1, setAside: 0, waits: 1 });
  expect(log.lines.at(-1)?.fields).toMatchObject({ reason: "timeout" });
});

test("a reading that the server refuses is set aside alone, with its reason, and can be told later", async () => {
  await commit(3, 6, 9);
  const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "invalid" }] };
  server.answerNext("take", { status: 422, body: outcome }, "take");
  expect(await runToEnd()).toMatchObject({ told: 2, setAside: 1 });
  const [entry, ...more] = ledger.quarantined({ afterId: 0, limit: 10 });
  expect(more).toEqual([]);
  expect(entry).toMatchObject({ code: "fhir-refused", status: 422, gateway: "gw-0" });
  expect(JSON.parse(entry?.outcome ?? "")).toEqual(outcome);
  expect(await forwarder().retry([], new AbortController().signal)).toEqual({ told: 1, refused: 0 });
  expect(ledger.counts().quarantined).toBe(0);
  expect(await mainObservations()).toBe(3);
});

test("an entry that failed inside a 200 is a refusal of that reading", async () => {
  await commit(3);
  const entry = (status: string): object => ({ response: { status, outcome: { resourceType: "OperationOutcome" } } });
  // Two Devices, two clocks, panel, pulse and provenance.
  const statuses = ["200", "200", "201", "422", "201", "201"];
  server.answerNext({ status: 200, body: { resourceType: "Bundle", entry: statuses.map(entry) } });
  expect(await runToEnd()).toMatchObject({ told: 0, setAside: 1 });
  expect(ledger.quarantined({ afterId: 0, limit: 1 })).toMatchObject([{ code: "fhir-refused", status: 422 }]);
});

test("credentials that are wrong are waited out, and one reading that is not for us to tell is set aside", async () => {
  await commit(3);
  // The probe, of a transaction that holds nothing, is refused as well: for as long as that is so, nothing is set aside.
  server.answerNext(...Array.from({ length: 12 }, () => ({ status: 403 })));
  expect(await runToEnd()).toMatchObject({ told: 1, setAside: 0 });
  const notOurs = { status: 403, body: "no" };
  await commit(6);
  server.answerNext(notOurs, notOurs, notOurs, "take", notOurs);
  expect(await runToEnd()).toMatchObject({ told: 0, setAside: 1 });
  await commit(9, 15);
  const entry = (status: string): object => ({ response: { status } });
  const statuses = ["200", "200", "201", "404", "404", "404"];
  const noPatient = { status: 200, body: { resourceType: "Bundle", entry: statuses.map(entry) } };
  server.answerNext(noPatient, noPatient, noPatient, { status: 400, body: "an empty transaction" }, noPatient);
  expect(await runToEnd()).toMatchObject({ told: 1, setAside: 1 });
  expect(ledger.quarantined({ afterId: 0, limit: 9 })).toMatchObject([
    { code: "fhir-refused", status: 403 },
    { code: "fhir-refused", status: 404 },
  ]);
});

test("conflicts and faults of one reading end, and the others go on", async () => {
  await commit(3, 6);
  server.answerNext(...Array.from({ length: 3 }, () => ({ status: 412 })));
  server.answerNext(...Array.from({ length: 8 }, () => ({ status: 500, body: "stack" })));
  expect(await runToEnd()).toMatchObject({ told: 0, setAside: 2 });
  const codes = ledger.quarantined({ afterId: 0, limit: 9 }).map(({ code }) => code);
  expect(codes).toEqual(["fhir-conflict", "fhir-server-fault"]);
});

test("what nobody can date, and what is nobody's, is held and not sent", async () => {
  const time = { ...glucose().time, measured: null, uncertaintyMs: null, basis: "unknown" } as const;
  const undatedId = "8a0e1f1e-0000-5000-8000-0000000000aa";
  const undated = glucose({ id: undatedId, time });
  await sink.commit([
    { gateway: "gw-1", reading: undated },
    {
      gateway: "gw-1",
      reading: bloodPressure({
        id: undatedId.replace("aa", "bb"),
        person: null,
        attribution: { by: "none", reference: null },
      }),
    },
    { gateway: "gw-1", reading: readingNumber(1) },
  ]);
  expect(await runToEnd()).toMatchObject({ told: 1, setAside: 2 });
  const codes = ledger.quarantined({ afterId: 0, limit: 9 }).map(({ code }) => code);
  expect(codes.toSorted()).toEqual(["fhir-subject-unknown", "fhir-time-unknown"]);
  expect(server.bodies).toHaveLength(1);
});

test("a reading that the mapping cannot tell is set aside, alone, and the others go on", async () => {
  await commit(1, 2, 3);
  const honest = sink.readings.bind(sink);
  // The contract lets no such time pass; whatever it may let pass that the mapping does not know must not stop a fleet.
  vi.spyOn(sink, "readings").mockImplementation(async (query) => {
    const page = await honest(query);
    return page.map((row) => (row.reading.id === readingNumber(2).id ? withoutSeconds(row) : row));
  });
  expect(await runToEnd()).toMatchObject({ told: 2, setAside: 1 });
  expect(ledger.quarantined({ afterId: 0, limit: 9 })).toMatchObject([
    { readingId: readingNumber(2).id, code: "fhir-unmappable", status: null },
  ]);
});

test("a forwarder that is killed in the middle of a page tells the page again, and nothing is doubled", async () => {
  await commit(...Array.from({ length: 12 }, (_, index) => index));
  const killed = new AbortController();
  const run = forwarder().run(killed.signal);
  await expect.poll(() => server.statuses.length, { interval: 1, timeout: 30_000 }).toBeGreaterThan(3);
  killed.abort();
  await run;
  expect(ledger.position()).toBe(0);
  ledger.close();
  ledger = openLedger();
  expect(await runToEnd()).toMatchObject({ told: 12, setAside: 0 });
  expect(await mainObservations()).toBe(12);
  expect((await server.counts())["Device"]).toBe(4);
});

test("a reading that was set aside and comes again at a later revision leaves the quarantine when it is told", async () => {
  await commit(2);
  server.answerNext({ status: 422 });
  expect(await runToEnd()).toMatchObject({ setAside: 1 });
  const revised = { ...readingNumber(2), revision: 2 };
  await sink.commit([{ gateway: "gw-2", reading: revised }]);
  expect(await runToEnd()).toMatchObject({ told: 1 });
  expect(ledger.counts().quarantined).toBe(0);
});

test("a quarantine that is full stops the forwarder rather than losing a reason", async () => {
  ledger.close();
  ledger = openLedger(1);
  await commit(3, 6);
  server.answerNext({ status: 422 }, { status: 422 });
  await expect(forwarder().run(new AbortController().signal)).rejects.toMatchObject({ code: "fhir-quarantine-full" });
  expect(ledger.counts()).toEqual({ position: 0, quarantined: 1 });
});

test("an address that would send readings in the clear, or holds a secret, is refused", () => {
  for (const url of [
    "http://fhir.example.org",
    "ftp://x",
    "nonsense",
    "https://a:b@fhir.example.org",
    "https://x.org?k=1",
  ]) {
    expect(() => fhirClient({ url, token: () => null, timeoutMs: patientMs })).toThrow(/address/);
  }
});

test("neither the log nor the ledger's list names a person or a value", async () => {
  await commit(3);
  server.answerNext({ status: 422 });
  await runToEnd();
  const told = JSON.stringify([log.lines, ledger.quarantined({ afterId: 0, limit: 9 })]);
  expect(told).toContain("fhir-refused");
  expect(told).not.toMatch(/sim-0001|secret|"120"/);
});
