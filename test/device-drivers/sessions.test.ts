import { expect, test } from "vitest";
import type { DeviceDriver } from "../../device-drivers/kit/driver.ts";
import { bloodPressureDriver } from "../../device-drivers/profiles/blood-pressure/driver.ts";
import { glucoseDriver } from "../../device-drivers/profiles/glucose/driver.ts";
import type { BenchOptions, Outcome } from "./collecting.ts";
import { collectFrom } from "./collecting.ts";
import { declare, lines, ScriptedDevice } from "./scripted-device.ts";
import { vectors } from "./vectors.ts";

/** Sessions that were recorded or published, replayed: the device does in each what it did then. */

test("an Accu-Chek Guide shows its record", async () => {
  const { outcome, device } = await replay("session-gls-accuchek-guide", glucoseDriver);
  expect(device.requests).toEqual(["0401", "0101"]);
  expect(outcome.measurements).toMatchObject([
    { sequenceNumber: 4, concentration: { number: { mantissa: 119, exponent: 0 }, unit: "mg/dL" }, status: [] },
  ]);
  expect(outcome.end).toEqual({ records: 1, counterWasReset: false });
});

test("an A&D cuff has its clock set, then shows its memory, of which one measurement had failed", async () => {
  const quirks = { setClock: "before-collection" } as const;
  const { outcome, device } = await replay("session-bps-history-dump", bloodPressureDriver, { quirks });
  expect(device.heard).toEqual(["read 2A08", "write 2A08 EA07050C12352B", "on 2A35", "off 2A35"]);
  expect(outcome.observed.map(({ type }) => type)).toEqual(["measurement", "device-fault"]);
  expect(outcome.end?.records).toBe(2);
});

test("a meter that counts fifteen records is expected to send as many", async () => {
  const { outcome } = await replay("session-racp-count", glucoseDriver);
  expect(outcome.observed).toContainEqual({ type: "expected", records: 15 });
});

test("a meter that is at work refuses a second request, and is not taken for empty", async () => {
  const { outcome } = await replay("session-racp-busy", glucoseDriver);
  expect(outcome.error).toMatchObject({ code: "procedure-timeout" });
  expect(outcome.end).toBeNull();
});

test("a meter that refuses a superfluous operand is never sent one", async () => {
  const { outcome, device } = await replay("session-racp-extra-operand", glucoseDriver);
  expect(device.requests).toEqual(["0401", "0101"]);
  expect(outcome.error).toMatchObject({ code: "records-procedure-failed" });
});

/** The steps of the device become its script; what the session's client did is what the driver has to come to by itself. */
async function replay(
  id: string,
  driver: DeviceDriver,
  options: BenchOptions = {},
): Promise<{ readonly outcome: Outcome; readonly device: ScriptedDevice }> {
  const steps = vectors.find((vector) => vector.id === id)?.session ?? [];
  const script: Record<string, string> = {};
  let trigger = "";
  for (const step of steps) {
    if (step.op === "cccd") trigger = `on ${step.char}`;
    if (step.op === "write") trigger = `write ${step.char} ${step.hex}`;
    if (step.op === "write")
      script[trigger] = step.att_error === undefined ? "" : `refuse ${step.att_error.toString(16)}`;
    const isSent = step.op === "notify" || step.op === "indicate";
    if (isSent) script[trigger] = lines(...(script[trigger]?.split("\n") ?? []), `${step.char} ${step.hex}`);
  }
  expect(Object.keys(script).length).toBeGreaterThan(0);
  const device = new ScriptedDevice(tables[driver.name] ?? [], { on: script, otherwise: notSupported });
  return { outcome: await collectFrom(driver, device, options), device };
}

const tables: Readonly<Record<string, ReturnType<typeof declare>>> = {
  glucose: declare("1808/2A18 notify", "1808/2A52 write,indicate"),
  "blood-pressure": declare("1810/2A35 indicate", "1810/2A08 read,write"),
};

/** What a session does not tell is answered as a meter does that knows no such request. */
function notSupported(trigger: string): string {
  const opCode = /^write 2A52 (\w\w)/.exec(trigger)?.[1];
  return opCode === undefined ? "" : `2A52 0600${opCode}02`;
}
