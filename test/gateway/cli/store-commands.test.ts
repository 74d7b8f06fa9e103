import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bundle } from "@medplum/fhirtypes";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { NewReading, Store } from "../../../gateway/store/store.ts";
import { openStore } from "../../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { carepost } from "./run-carepost.ts";
import type { Finished } from "./run-carepost.ts";
import { glucose, pressure } from "./sample-readings.ts";

let folder = "";
let path = "";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "carepost-commands-"));
  path = join(folder, "gateway.db");
  await inStore(async (store) => {
    await store.savePerson({ reference: "sim-0001", createdAt: 0 });
    await store.add(added({ reading: glucose }));
    await store.add(added({ reading: pressure, disposition: "hold" }));
  });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const added = (changes: Pick<NewReading, "reading"> & Partial<NewReading>): NewReading => ({
  lane: "fresh",
  disposition: "deliver",
  bootId: "boot-1",
  receivedMonotonicMs: 0,
  ...changes,
});

async function inStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ path, key: null, clock: systemClock, thread: "inline" });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

const run = (...args: readonly string[]): Promise<Finished> => carepost([...args, "--store", path], { folder });

const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse((await run(...args, "--json")).stdout);

test("readings are listed, the newest first, and found by person and state", async () => {
  const { code, stdout } = await run("readings", "list");
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "MEASURED             VALUE                  PERSON    STATE    ID
    2026-03-01 07:58:00  128/82 mmHg, pulse 71  nobody    held     8a0e1f1e-0000-5000-8000-000000000002
    2026-03-01 07:58:00  6.0 mmol/L             sim-0001  waiting  8a0e1f1e-0000-5000-8000-000000000001
    "
  `);
  expect(await json("readings", "list", "--person", "sim-0001")).toMatchObject([{ reading: { id: glucose.id } }]);
  expect(await json("readings", "list", "--state", "held")).toMatchObject([{ reading: { id: pressure.id } }]);
});

test("where there is nothing, a list says so on standard error, and is empty for a program", async () => {
  const { stdout, stderr } = await run("readings", "quarantine");
  expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "Nothing is in quarantine.\n" });
  expect(await json("readings", "dead-letters", "list")).toEqual([]);
});

test("one reading is shown whole, by its id or its beginning", async () => {
  const { stdout } = await run("readings", "show", glucose.id);
  expect(stdout).toContain("6.0 mmol/L");
  expect(stdout).toContain("frame 2A18      0600");
  expect(await run("readings", "show", "8A0E1F1E")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("ambiguous"),
  });
  expect(await run("readings", "show", "8a0e1f1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("unknown-reading"),
  });
});

test("an export is a line for each reading, in either form", async () => {
  const lines = (await run("readings", "export")).stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ reading: pressure }, { reading: glucose }]);
  const csv = (await run("readings", "export", "--format", "csv")).stdout.trimEnd().split("\r\n");
  expect(csv).toHaveLength(3);
});

test("a held reading is given to a person who is known, and delivered", async () => {
  expect(await run("readings", "assign", pressure.id, "sim-0002")).toMatchObject({ code: 1 });
  expect(await run("people", "add", "sim-0002")).toMatchObject({ code: 0, stderr: "sim-0002 is known now.\n" });
  expect(await run("people", "add", "sim-0002")).toMatchObject({ code: 0, stderr: "sim-0002 is known already.\n" });
  expect(await run("readings", "assign", pressure.id, "sim-0002")).toMatchObject({ code: 0 });
  expect(await json("readings", "list", "--state", "waiting")).toMatchObject([
    { reading: { id: pressure.id, revision: 2, person: "sim-0002", attribution: { by: "manual" } } },
    { reading: { id: glucose.id } },
  ]);
  expect(await run("readings", "assign", glucose.id, "sim-0002")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("reading-not-held"),
  });
});

test("a device is given to a person under a consent, before it was ever seen too", async () => {
  expect(await run("devices", "assign", "system-id:X", "sim-0001")).toMatchObject({ code: 2 });
  const slot = ["--consent", "c-1", "--slot", "2", "--from", "2026-03-01"];
  expect(await run("devices", "assign", "system-id:X", "sim-0009", ...slot)).toMatchObject({ code: 1 });
  expect(await run("devices", "assign", "system-id:X", "sim-0001", ...slot)).toMatchObject({
    code: 0,
    stderr: "system-id:X has not been seen yet; the assignment waits for it.\nsystem-id:X is sim-0001's in slot 2.\n",
  });
  const kept = await inStore((store) => store.assignments());
  expect(kept).toMatchObject([{ deviceId: "system-id:X", userSlot: 2, consent: "c-1", fromAt: Date.UTC(2026, 2, 1) }]);
});

test("a device that is not known can be neither shown nor forgotten", async () => {
  expect(await run("devices", "show", "system-id:X", "--json")).toMatchObject({ code: 1, stderr: "" });
  expect(await run("devices", "forget", "system-id:X")).toMatchObject({ code: 1, stdout: "" });
});

test("while a gateway runs one may look, and changes wait", async () => {
  await inStore(async () => {
    expect(await json("readings", "list")).toHaveLength(2);
    const refused = await run("people", "add", "sim-0002");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("gateway-running") });
  });
});

test("a store that is not there is not made by looking for it", async () => {
  const { code, stdout } = await carepost(["people", "list", "--store", "none.db", "--json"], { folder });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: "store-absent", remedy: expect.stringContaining("--store") },
  });
});

test("readings are exported as FHIR, a bundle a line or all in one, under the gateway's id", async () => {
  const lines = await run("readings", "export", "--format", "fhir", "--gateway", "gw-0001");
  expect(lines).toMatchObject({ code: 0, stderr: expect.stringContaining("2 readings exported") });
  const bundles: readonly Bundle[] = lines.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(bundles.map(({ type, entry }) => [type, entry?.length])).toEqual([
    ["transaction", 7],
    ["transaction", 7],
  ]);
  expect(lines.stdout).toContain('"value":6.0,');
  const whole = await run("readings", "export", "--format", "fhir", "--bundle", "--gateway", "gw-0001");
  const document: Bundle = JSON.parse(whole.stdout);
  // The two Devices and the two clocks are told once; one device, but one kind of it each.
  expect(document.entry).toHaveLength(11);
  expect(new Set(document.entry?.map(({ fullUrl }) => fullUrl)).size).toBe(11);
  expect(await run("readings", "export", "--format", "fhir")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--gateway"),
  });
});

test("a reading that nobody can date is left out of FHIR, and that is said", async () => {
  const time = { ...glucose.time, measured: null, uncertaintyMs: null, basis: "unknown" } as const;
  await inStore((store) =>
    store.add(
      added({ reading: { ...glucose, id: "8a0e1f1e-0000-5000-8000-0000000000ff", time }, disposition: "hold" }),
    ),
  );
  const exported = await run("readings", "export", "--format", "fhir", "--gateway", "gw-0001");
  expect(exported).toMatchObject({ code: 1, stderr: expect.stringContaining("1 left out") });
  expect(exported.stdout.trimEnd().split("\n")).toHaveLength(2);
});
