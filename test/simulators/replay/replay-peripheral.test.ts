import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bloodPressureDriver } from "../../../device-drivers/profiles/blood-pressure/driver.ts";
import { glucoseDriver } from "../../../device-drivers/profiles/glucose/driver.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { ReplayPeripheral } from "../../../simulators/replay/replay-peripheral.ts";
import { loadSessions, type RecordedSession } from "../../../simulators/replay/session-file.ts";
import { collectFrom, connectTo, startAt } from "../../device-drivers/collecting.ts";
import { octets } from "../../device-drivers/vectors.ts";

const vectorFile = (name: string): string => new URL(`../../vectors/${name}.json`, import.meta.url).pathname;

function published(file: string, id: string): ReplayPeripheral {
  const session = loadSessions(vectorFile(file)).find((one) => one.id === id);
  if (session === undefined) throw new Error(`${file} has no session ${id}.`);
  return played(session);
}

const played = (session: RecordedSession, speed = 1, clock = createVirtualClock(startAt)): ReplayPeripheral =>
  new ReplayPeripheral(session, { address: "C0:FF:EE:00:00:05", speed, requiresBond: false }, clock);

/** Three records, a second apart, asked for all at once. */
const threeRecords: RecordedSession = {
  id: "three-records",
  name: null,
  addressKind: "random-static",
  services: ["1808"],
  characteristics: [
    { service: "1808", uuid: "2A18", handle: 16, properties: ["notify"] },
    { service: "1808", uuid: "2A52", handle: 19, properties: ["write", "indicate"] },
    { service: "180A", uuid: "2A24", handle: 22, properties: ["read"] },
  ],
  steps: [
    { op: "read", char: "2A24", hex: "4558" },
    { op: "read", char: "2A24", att_error: 5 },
    { op: "cccd", char: "2A18", value: "notify", at_ms: 100 },
    { op: "cccd", char: "2A52", value: "indicate", at_ms: 200 },
    { op: "write", char: "2A52", hex: "0101", at_ms: 300 },
    { op: "notify", char: "2A18", hex: "020500E80706070A0000500011", at_ms: 1_300 },
    { op: "notify", char: "2A18", hex: "020600E80706070B0000510011", at_ms: 2_300 },
    { op: "notify", char: "2A18", hex: "020700E80706070C0000520011", at_ms: 3_300 },
    { op: "indicate", char: "2A52", hex: "06000101", at_ms: 3_400 },
    { op: "disconnect", by: "gateway", at_ms: 3_500 },
  ],
};

test("published sessions are played as they stand", async () => {
  const guide = await collectFrom(glucoseDriver, published("glucose", "session-gls-accuchek-guide"));
  expect(guide.measurements).toMatchObject([{ sequenceNumber: 4, concentration: { unit: "mg/dL" } }]);
  expect(guide.end).toMatchObject({ records: 1 });
  const cuff = await collectFrom(bloodPressureDriver, published("blood-pressure", "session-bps-history-dump"), {
    quirks: { setClock: "before-collection" },
  });
  expect(cuff.observed.map(({ type }) => type)).toEqual(["measurement", "device-fault"]);
});

test("a session of a maker's own protocol is played to whoever speaks it", async () => {
  const device = published("record-access", "session-racp-busy");
  const { session, clock } = await connectTo(device);
  const controlPoint = device.characteristics.find(({ uuid }) => uuid === "2A52");
  const write = (hex: string): Promise<void> => {
    if (controlPoint === undefined) throw new Error("There is no control point.");
    return clock.runUntil(session.link.write(controlPoint, octets(hex), session.signal));
  };
  await write("0101");
  await expect(write("0401")).rejects.toMatchObject({ context: { attError: 0x80 } });
});

test("values keep the times between them, or a fraction of them", async () => {
  const took = async (speed: number): Promise<number> => {
    const clock = createVirtualClock(startAt);
    return (await collectFrom(glucoseDriver, played(threeRecords, speed, clock), { clock })).tookMs;
  };
  const atOnce = await took(Number.POSITIVE_INFINITY);
  expect((await took(1)) - atOnce).toBe(3_100);
  expect((await took(10)) - atOnce).toBe(310);
});

test("a Record Access request that was not recorded is answered with the records that it asks for", async () => {
  const since = async (lastSequenceNumber: number): Promise<readonly (number | null)[]> => {
    const lastDeviceTime = { year: 2024, month: 6, day: 7, hours: 11, minutes: 0, seconds: 0 };
    const clock = createVirtualClock(startAt);
    const outcome = await collectFrom(glucoseDriver, played(threeRecords, 1, clock), {
      clock,
      history: { lastSequenceNumber, lastDeviceTime },
    });
    expect(outcome.error).toBeNull();
    return [...new Set(outcome.measurements.map(({ sequenceNumber }) => sequenceNumber))];
  };
  expect(await since(6)).toEqual([6, 7]);
});

test("delete is refused, a count is a count, and an operator that nobody can know of is not supported", async () => {
  const answers = await Promise.all(["0201", "0401", "0105", "01040105000600", "0300", "0102027E"].map(answerTo));
  expect(answers).toEqual([
    ["06000202"],
    ["05000300"],
    ["020500E80706070A0000500011", "06000101"],
    ["020500E80706070A0000500011", "020600E80706070B0000510011", "06000101"],
    ["06000301"],
    ["06000105"],
  ]);
});

async function answerTo(request: string): Promise<readonly string[]> {
  const device = played(threeRecords, Number.POSITIVE_INFINITY);
  const sent: string[] = [];
  const ended = new AbortController();
  const send = (_handle: number, value: Uint8Array): Promise<"confirmed"> => {
    sent.push(Buffer.from(value).toString("hex").toUpperCase());
    return Promise.resolve("confirmed");
  };
  const session = device.accept({ notify: send, indicate: send, disconnect: () => ended.abort(), ended: ended.signal });
  expect(session.write(19, octets(request))).toEqual({ ok: true, value: undefined });
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  return sent;
}

test("what happened more than once happens in turn, and each connection begins anew", async () => {
  const device = played(threeRecords);
  for (let connection = 0; connection < 2; connection += 1) {
    const link = { notify: never, indicate: never, disconnect: () => undefined, ended: new AbortController().signal };
    const session = device.accept(link);
    expect(session.read(22)).toMatchObject({ ok: true });
    expect(session.read(22)).toEqual({ ok: false, error: 5 });
    expect(session.read(22)).toEqual({ ok: false, error: 5 });
    expect(session.read(16)).toEqual({ ok: false, error: 2 });
    expect(session.write(22, octets("00"))).toEqual({ ok: false, error: 3 });
  }
});

const never = (): Promise<never> => new Promise(() => undefined);

test("a file that is no session is refused by name", () => {
  expect(() => loadSessions(vectorFile("battery"))).toThrow(expect.objectContaining({ code: "session-unreadable" }));
  expect(() => loadSessions("/no/such/file.json")).toThrow(expect.objectContaining({ code: "session-unreadable" }));
});

test.each([
  ["two characteristics at one handle", [16, 16]],
  ["a handle that no attribute has", [0, 16]],
  ["a handle beyond all attributes", [16, 0x1_0000]],
])("a session with %s is not played", (_what, handles) => {
  const folder = mkdtempSync(join(tmpdir(), "carepost-replay-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const fileWith = (chosen: readonly number[]): string => {
    const gatt = chosen.map((handle) => ({ service: "180A", uuid: "2A24", handle, properties: ["read"] }));
    const path = join(folder, `${chosen.join("-")}.json`);
    writeFileSync(path, JSON.stringify({ id: "odd", kind: "session", session: [{ op: "read", char: "2A24" }], gatt }));
    return path;
  };
  expect(loadSessions(fileWith([16, 19]))).toHaveLength(1);
  expect(() => loadSessions(fileWith(handles))).toThrow(expect.objectContaining({ code: "session-unreadable" }));
});
