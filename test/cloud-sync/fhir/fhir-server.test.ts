import { afterAll, beforeAll, expect, test } from "vitest";
import type { Bundle } from "@medplum/fhirtypes";
import { memoryFhirServer, type MemoryFhirServer } from "../../doubles/memory-fhir-server.ts";
import { bloodPressure, glucose, textOf } from "./reading-samples.ts";

let server: MemoryFhirServer;
beforeAll(async () => {
  server = await memoryFhirServer();
});
afterAll(async () => {
  await server.stop();
});

async function post(text: string): Promise<readonly string[]> {
  const response = await fetch(server.url, { method: "POST", body: text });
  const answer: Bundle = JSON.parse(await response.text());
  return (answer.entry ?? []).map(({ response: one }) => one?.status ?? "none");
}

test("a server takes every bundle twice, with no rejection and no duplicate", async () => {
  const id = (last: number): string => `8a0e1f1e-0000-5000-8000-00000000000${last}`;
  const time = (minute: number): { device: string } => ({ device: `2026-07-01T07:${minute}:00` });
  const readings = [
    glucose({ id: id(1), context: { meal: "fasting", hba1c: { value: "6.5", unit: "%" } } }),
    glucose({ id: id(2), time: { ...glucose().time, ...time(41) }, status: ["device_battery_low", "time_fault"] }),
    glucose({ id: id(3), person: null, controlSolution: true, time: { ...glucose().time, ...time(42) } }),
    glucose({
      id: id(4),
      time: { ...glucose().time, ...time(43) },
      kind: "ketone",
      concentration: { absent: "nan", unit: "mmol/L" },
    }),
    bloodPressure({ id: id(5), status: ["irregular_pulse"] }),
    bloodPressure({ id: id(6), time: { ...bloodPressure().time, device: null, basis: "received" } }),
  ].map((reading) => textOf(reading));
  for (const text of readings) {
    for (const status of await post(text)) expect(status).toMatch(/^20[01]$/);
  }
  const once = await server.counts();
  for (const text of readings) {
    for (const status of await post(text)) expect(status).toBe("200");
  }
  expect(await server.counts()).toEqual(once);
  expect(once).toEqual({ Device: 2, Observation: 18, Provenance: 6, Patient: 0 });
});

test("a raw plus in a search would have made a duplicate: that it is encoded matters", async () => {
  const before = (await server.counts())["Observation"] ?? 0;
  const raw = textOf(glucose({ id: "8a0e1f1e-0000-5000-8000-0000000000aa", person: "sim-0002" })).replaceAll(
    "sim-0002",
    "sim+0002",
  );
  expect(raw).toContain("sim+0002");
  await post(raw);
  const once = (await server.counts())["Observation"] ?? 0;
  await post(raw);
  expect(once).toBeGreaterThan(before);
  expect((await server.counts())["Observation"]).toBeGreaterThan(once);
});
