import { expect, test } from "vitest";
import { recordRadio } from "../../../gateway/capture/recording-radio.ts";
import { SessionRecorder } from "../../../gateway/capture/session-recorder.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { realClock } from "../../../simulators/clock/real-clock.ts";
import { gattLinkContract } from "../../contracts/gatt-link.ts";
import type { GattAdapter } from "../../contracts/gatt-stage.ts";
import { gattSubscriptionContract } from "../../contracts/gatt-subscription.ts";
import { radioContract } from "../../contracts/radio.ts";
import { capture, meterWith, newClock } from "./capture-stage.ts";

const bounds = { stepsMax: 100_000, valueOctetsMax: 10_000_000 };

/** What is recorded must not be changed by that: a radio with a recorder keeps every promise of one without. */
const adapter: GattAdapter = {
  name: "recorded virtual air",
  make: async () => {
    const air = createVirtualAir({ clock: realClock, seed: 1, advertisingIntervalMs: 1 });
    return { air, radio: recordRadio(air.radio, new SessionRecorder(realClock, bounds)), stop: async () => {} };
  },
};

gattLinkContract(adapter);
gattSubscriptionContract(adapter);
radioContract(adapter);

test("requests come before what answers them, with their times", async () => {
  const clock = newClock();
  const { steps } = await capture(meterWith(2, clock, { recordAccess: { recordIntervalMs: 500 } }), { clock });
  const racp = steps
    .filter(({ char, op }) => char === "2A52" || op === "notify")
    .map(({ op, char, hex }) => `${op} ${char} ${hex ?? ""}`);
  expect(racp.slice(0, 4)).toEqual(["cccd 2A52 ", "write 2A52 0401", "indicate 2A52 05000200", "write 2A52 0101"]);
  const values = steps.filter(({ char }) => char === "2A18" || char === "2A34").filter(({ op }) => op === "notify");
  expect(values.length).toBeGreaterThanOrEqual(2);
  const times = steps.map(({ at_ms: atMs }) => atMs ?? -1);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
  expect(times.at(-1)).toBeGreaterThanOrEqual(500);
  expect(steps.at(-1)).toMatchObject({ op: "disconnect", by: "gateway" });
});

test("a refusal is kept with its code", async () => {
  const clock = newClock();
  const air = createVirtualAir({ clock, seed: 1 });
  const meter = meterWith(1, clock, { requiresBond: true });
  air.add(meter);
  air.command({ type: "forget-bond", address: meter.address });
  const recorder = new SessionRecorder(clock, bounds);
  const signal = new AbortController().signal;
  const link = await clock.runUntil(recordRadio(air.radio, recorder).connect(meter.address, signal));
  const first = meter.characteristics.find(({ properties }) => properties.includes("read"));
  await expect(first && clock.runUntil(link.read(first, signal))).rejects.toMatchObject({ code: "att-error" });
  expect(recorder.steps).toMatchObject([{ op: "read", att_error: 5 }]);
});

test("a device that never falls silent fills a capture, and no more", async () => {
  const recorder = new SessionRecorder(newClock(), { stepsMax: 10, valueOctetsMax: 1_000 });
  for (let sent = 0; sent < 1_000; sent += 1) recorder.begin({ op: "notify", char: "2A18", hex: "00" });
  expect(recorder.steps).toHaveLength(10);
  expect(recorder.full.aborted).toBe(true);
});
