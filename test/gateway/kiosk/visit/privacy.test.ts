import { expect, test } from "vitest";
import type { BloodPressureReading } from "../../../../cloud-sync/contract/reading.ts";
import { ofVisit, type StoredEvent, type VisitFacts } from "../../../../gateway/kiosk/visit/reading-of-visit.ts";
import type { Assignment } from "../../../../gateway/store/store.ts";
import { bloodPressure } from "../../../cloud-sync/ingest/sample-readings.ts";
import { arm, assignmentOf, blood, placeCuff, placeMeter } from "../../../scenarios/site-devices.ts";
import { deviceRow, firstDevice, valuesShown, type VisitRig, visitRig } from "./visit-rig.ts";

const measureWithCuff = async (rig: VisitRig, person: string, systolic: number) => {
  const visit = await rig.choosing("blood-pressure-monitor", { person });
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(10_000);
  rig.cuff.device.measure(arm(systolic));
  await rig.site.clock.advance(5_000);
  return visit;
};

test("two people one after the other: each sees their own reading, and the second nothing of the first", async () => {
  const rig = await visitRig();
  const first = await measureWithCuff(rig, "sim-0001", 171);
  expect(first.view().results).toMatchObject([{ systolic: { value: "171" } }]);
  await rig.run(first.end("done"));
  const before = rig.shown.length;
  const second = await measureWithCuff(rig, "sim-0002", 118);
  expect(second.view().results).toMatchObject([{ systolic: { value: "118" } }]);
  expect(valuesShown({ shown: rig.shown.slice(before) })).toEqual(new Set(["118"]));
  expect(await rig.site.delivered()).toMatchObject([{ person: "sim-0001" }, { person: "sim-0002" }]);
});

test("what the kiosk's meter holds from before a visit is nobody's, and is not shown to who comes next", async () => {
  const rig = await visitRig();
  rig.meter.device.measure(blood(333));
  await rig.site.clock.advance(60_000);
  const visit = await rig.choosing("blood-glucose-meter");
  rig.meter.device.measure(blood(444), 60_000);
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(30_000);
  rig.meter.device.measure(blood(105));
  await rig.site.clock.advance(15_000);
  expect(visit.view().results).toMatchObject([{ concentration: { value: "105" } }]);
  expect(valuesShown(rig)).toEqual(new Set(["105"]));
  expect(await rig.store.counts()).toMatchObject({ held: 2 });
});

test("what somebody else's device shows during a visit waits for staff, and is not seen", async () => {
  const rig = await visitRig({
    prepare: async (store) => {
      await store.savePerson({ reference: "sim-0009", createdAt: 0 });
      await store.saveAssignment(assignmentOf("system-id:C00000FFFE000020", { person: "sim-0009" }));
    },
  });
  const others = placeCuff(rig.site, { requiresBond: false }, "C0:00:00:00:00:20");
  const visit = await rig.choosing();
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(5_000);
  others.device.measure(arm(199));
  await rig.site.clock.advance(15_000);
  expect(await rig.store.readings({ limit: 10 })).toMatchObject([{ state: "held", reading: { person: null } }]);
  expect(visit.view()).toMatchObject({ step: "measure", results: [] });
  expect(valuesShown(rig).size).toBe(0);
});

test("what another device of the kiosk shows is not on the screen until the person has chosen that device", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing("blood-pressure-monitor");
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(5_000);
  rig.meter.device.measure(blood(222));
  await rig.site.clock.advance(10_000);
  expect(visit.view()).toMatchObject({ step: "measure", results: [] });
  await rig.run(visit.chooseKind("blood-glucose-meter"));
  await rig.run(visit.measure(firstDevice(visit)));
  expect(visit.view()).toMatchObject({ step: "result", results: [{ concentration: { value: "222" } }] });
});

test("a meter's test with control solution is shown as such, without a note, and is nobody's", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing("blood-glucose-meter");
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(10_000);
  rig.meter.device.measure(blood(110, { person: null, fluid: "control-solution" }));
  await rig.site.clock.advance(10_000);
  expect(visit.view().results).toMatchObject([{ controlSolution: true, note: null, delivery: "delivered" }]);
  expect(await rig.site.delivered()).toMatchObject([{ person: null, controlSolution: true }]);
});

test("of a cuff that several people have, a reading under a slot that nobody has is shown as kept for staff", async () => {
  const cuffId = "system-id:C00000FFFE000002";
  const rig = await visitRig({
    prepare: async (store) => {
      await store.savePerson({ reference: "sim-0009", createdAt: 0 });
      await store.saveAssignment(assignmentOf(cuffId, { person: "sim-0009", userSlot: 1 }));
    },
  });
  const visit = await rig.choosing();
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(10_000);
  rig.cuff.device.measure(arm(131, { userSlot: 1 }));
  await rig.site.clock.advance(15_000);
  expect(visit.view()).toMatchObject({ step: "measure", results: [] });
  rig.cuff.device.measure(arm(127, { userSlot: 2 }));
  await rig.site.clock.advance(15_000);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ systolic: { value: "127" }, delivery: "held" }] });
  expect(valuesShown(rig)).toEqual(new Set(["127"]));
});

test("of a cuff without a clock, the first reading of a visit may be anybody's; it is not shown, and the next one is", async () => {
  const rig = await visitRig();
  const clockless = placeCuff(
    rig.site,
    { clock: { ...rig.cuff.device.options.clock, readBy: "none" }, requiresBond: false },
    "C0:00:00:00:00:21",
  );
  await rig.store.saveDevice(deviceRow(clockless));
  await rig.store.saveSetting("kiosk-devices", JSON.stringify([clockless.id]));
  const visit = await rig.choosing();
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(10_000);
  clockless.device.measure(arm(188));
  await rig.site.clock.advance(40_000);
  expect(visit.view()).toMatchObject({
    step: "measure",
    measuring: { phase: "failed", failure: { code: "reading-not-certain", mayRetry: true } },
    results: [],
  });
  expect(valuesShown(rig).size).toBe(0);
  clockless.device.measure(arm(133));
  await rig.site.clock.advance(15_000);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ systolic: { value: "133" } }] });
});

test("no line of the log tells of a visit more than that there was one", async () => {
  const rig = await visitRig();
  const canaries = ["sim-canary", "173", "S-0002", "C0:00:00:00:00:02", "Cuff", "guest-"];
  const visit = await measureWithCuff(rig, "sim-canary", 173);
  expect(visit.view().results).toHaveLength(1);
  await rig.run(visit.goTo({ step: "hand-over" }));
  await rig.run(visit.end("done"));
  const guest = await rig.choosing("blood-glucose-meter", { person: null });
  await rig.run(guest.openPairing());
  const stranger = placeMeter(rig.site, { wakefulness: { afterUseMs: 60_000, periodic: null } }, "C0:00:00:00:00:22");
  stranger.device.wake();
  await rig.site.clock.advance(200_000);
  await rig.gateway.stop();
  const told = rig.site.log.filter((line) => line.includes("visit"));
  expect(told).toHaveLength(4);
  for (const canary of canaries) expect(rig.site.log.filter((line) => line.includes(canary))).toEqual([]);
});

const facts: VisitFacts = {
  person: "sim-0001",
  sessions: new Set(["session-1"]),
  openSince: Date.UTC(2026, 2, 1, 8),
  heardOut: new Set(),
  chosen: new Set(["device-1"]),
  assignments: [],
};

const readingOf = (changes: Partial<BloodPressureReading>): StoredEvent => {
  const base = bloodPressure(1);
  const at = new Date(Date.UTC(2026, 2, 1, 8, 5)).toISOString();
  const time = { ...base.time, received: at, measured: at, uncertaintyMs: 1_000, basis: "device" as const };
  const reading = { ...base, device: { ...base.device, id: "device-1" }, time, ...changes };
  return { type: "reading-stored", outcome: "stored", reading, lane: "fresh", disposition: "deliver" };
};

const bySession = { by: "session", reference: "session-1" } as const;
const byNobody = { by: "none", reference: null } as const;

test("whose a reading is decides whether it is shown, and in doubt it is not", () => {
  const theirs = readingOf({ person: "sim-0001", attribution: bySession });
  expect(ofVisit(theirs, facts)).toBe("theirs");
  expect(ofVisit({ ...theirs, outcome: "known" }, facts)).toBeNull();
  expect(ofVisit({ ...theirs, outcome: "amended" }, facts)).toBeNull();
  expect(ofVisit(theirs, { ...facts, openSince: null })).toBeNull();
  expect(ofVisit(theirs, { ...facts, sessions: new Set(["session-2"]) })).toBeNull();
  expect(ofVisit(readingOf({ person: "sim-0002", attribution: bySession }), facts)).toBeNull();
});

test("nobody's reading is shown only of a chosen device, of nobody else, and measured within the visit for certain", () => {
  const held = readingOf({ person: null, attribution: byNobody });
  expect(ofVisit(held, facts)).toBe("nobodys");
  expect(ofVisit(held, { ...facts, chosen: new Set() })).toBeNull();
  const owner = (changes: Partial<Assignment>): Assignment =>
    assignmentOf("device-1", { person: "sim-0002", ...changes });
  expect(ofVisit(held, { ...facts, assignments: [owner({})] })).toBeNull();
  expect(ofVisit(held, { ...facts, assignments: [owner({ userSlot: 1 })] })).toBeNull();
  const slotted = readingOf({ person: null, attribution: byNobody, userSlot: 2 });
  expect(ofVisit(slotted, { ...facts, assignments: [owner({ userSlot: 1 })] })).toBe("nobodys");
  const { time } = held.reading;
  const unsure = readingOf({ person: null, attribution: byNobody, time: { ...time, uncertaintyMs: 301_000 } });
  expect(ofVisit(unsure, facts)).toBeNull();
  const unchecked = readingOf({ person: null, attribution: byNobody, time: { ...time, uncertaintyMs: null } });
  expect(ofVisit(unchecked, facts)).toBeNull();
  expect(ofVisit(unchecked, { ...facts, heardOut: new Set(["device-1"]) })).toBe("nobodys");
});
