import { expect, test } from "vitest";
import { StaffDeeds } from "../../../../gateway/kiosk/staff/staff-deeds.ts";
import type { Visit } from "../../../../gateway/kiosk/visit-desk.ts";
import { justWorks } from "../../../../simulators/peripherals/pairing-traits.ts";
import { arm, assignmentOf, blood, placeCuff, placeMeter } from "../../../scenarios/site-devices.ts";
import { deviceRow, firstDevice, type VisitRig, visitRig } from "./visit-rig.ts";

/** A session claims the readings of the devices that it names, and of no others, whoever stands at the kiosk. */
const strangeAddress = "C0:00:00:00:00:50";

/** Staff have paired it by command line, and it is nobody's yet. */
async function placeStrangers(rig: VisitRig) {
  const cuff = placeCuff(rig.site, { requiresBond: false }, strangeAddress);
  await rig.store.saveDevice(deviceRow(cuff));
  return cuff;
}

async function waitFor(rig: VisitRig, visit: Visit): Promise<void> {
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(20_000);
}

async function personsOf(rig: VisitRig, deviceId: string): Promise<readonly (string | null)[]> {
  await rig.site.clock.advance(20_000);
  return (await rig.store.readings({ deviceId, limit: 10 })).map(({ reading }) => reading.person).toReversed();
}

test("a device that is nobody's, and stands beside a kiosk with a visit in progress, is not the visitor's", async () => {
  const rig = await visitRig();
  const strangers = await placeStrangers(rig);
  const visit = await rig.choosing();
  await waitFor(rig, visit);
  strangers.device.measure(arm(199));
  expect(await personsOf(rig, strangers.id)).toEqual([null]);
  expect(await rig.store.counts()).toMatchObject({ held: 1 });
  expect(visit.view()).toMatchObject({ step: "measure", results: [] });
  rig.cuff.device.measure(arm(118));
  expect(await personsOf(rig, rig.cuff.id)).toEqual(["sim-0001"]);
});

test("two visits after each other claim what stays at the kiosk, each what was measured in it", async () => {
  const rig = await visitRig();
  const first = await rig.choosing();
  await waitFor(rig, first);
  rig.cuff.device.measure(arm(171));
  await rig.site.clock.advance(10_000);
  await rig.run(first.end("done"));
  const second = await rig.choosing("blood-pressure-monitor", { person: "sim-0002" });
  await waitFor(rig, second);
  rig.cuff.device.measure(arm(118));
  expect(await personsOf(rig, rig.cuff.id)).toEqual(["sim-0001", "sim-0002"]);
  const sessions = await rig.store.sessions(0);
  const kiosks = [rig.cuff.id, rig.meter.id].toSorted();
  expect(sessions.map(({ startedAt, devices }) => ({ startedAt, devices }))).toEqual(
    sessions.map(({ startedAt: sinceAt }) => ({
      startedAt: sinceAt,
      devices: kiosks.map((deviceId) => ({ deviceId, sinceAt })),
    })),
  );
});

/** A visit at which somebody has paired a meter that staff had paired before, so that it is not forgotten afterwards. */
async function pairedIn(rig: VisitRig) {
  const awake = { afterUseMs: 900_000, periodic: null };
  const own = placeMeter(rig.site, { pairing: justWorks, wakefulness: awake }, strangeAddress);
  await rig.store.saveDevice(deviceRow(own));
  const visit = await rig.choosing("blood-glucose-meter");
  own.device.measure(blood(90));
  await rig.site.clock.advance(10_000);
  await rig.run(visit.openPairing());
  own.device.wake();
  await rig.site.clock.advance(2_000);
  await rig.run(visit.choosePairing(visit.view().pairing?.candidates[0]?.token ?? ""));
  await rig.site.clock.advance(1_000);
  await rig.run(visit.answerPairing({ number: 1, answer: { type: "yes" } }));
  await rig.site.clock.advance(3_000);
  expect(visit.view().pairing?.phase).toBe("paired");
  return { own, visit };
}

test("a device that is paired in the visit is the visitor's from then on, and not what it measured before", async () => {
  const rig = await visitRig();
  const { own, visit } = await pairedIn(rig);
  await rig.run(visit.measure(visit.view().device?.token ?? ""));
  await rig.site.clock.advance(20_000);
  own.device.measure(blood(104));
  expect(await personsOf(rig, own.id)).toEqual([null, "sim-0001"]);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ concentration: { value: "104" } }] });
});

test("a device of the visit before, which transmits only in the next one, is nobody's", async () => {
  const rig = await visitRig();
  const { own, visit } = await pairedIn(rig);
  await rig.run(visit.measure(visit.view().device?.token ?? ""));
  await rig.site.clock.advance(20_000);
  await rig.run(visit.end("done"));
  const next = await rig.choosing("blood-glucose-meter", { person: "sim-0002" });
  await waitFor(rig, next);
  own.device.measure(blood(104));
  // It never sleeps, and nobody waits for it now: its turn comes after a while.
  await rig.site.clock.advance(100_000);
  expect(next.view().ended).toBeNull();
  expect(await personsOf(rig, own.id)).toEqual([null, null]);
});

test("what comes after the gateway was killed within a visit is nobody's, also of the kiosk's own devices", async () => {
  const rig = await visitRig({
    prepare: async (store) => {
      const devices = [{ deviceId: "system-id:C00000FFFE000002", sinceAt: 1_000 }];
      const session = { id: "s-1", person: "sim-0001", consent: "c-1", startedAt: 1_000, endedAt: null };
      await store.saveSession({ ...session, devices });
    },
  });
  rig.cuff.device.measure(arm(140));
  expect(rig.cuff.id).toBe("system-id:C00000FFFE000002");
  expect(await personsOf(rig, rig.cuff.id)).toEqual([null]);
});

const deedsOf = ({ sources, store }: VisitRig): StaffDeeds => new StaffDeeds({ ...sources, store });

test("a device that staff take from the kiosk within a visit is the visitor's no more", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing();
  await waitFor(rig, visit);
  await rig.run(deedsOf(rig).setKiosks({ deviceId: rig.cuff.id, isKiosks: false }, "staff:a"));
  rig.cuff.device.measure(arm(140));
  expect(await personsOf(rig, rig.cuff.id)).toEqual([null]);
});

test("a visitor's own device of which staff end the assignment within the visit is theirs no more", async () => {
  const rig = await visitRig();
  const strangers = await placeStrangers(rig);
  await rig.store.savePerson({ reference: "sim-0001", createdAt: 0 });
  await rig.store.saveAssignment(assignmentOf(strangers.id));
  const visit = await rig.choosing();
  await waitFor(rig, visit);
  strangers.device.measure(arm(131));
  expect(await personsOf(rig, strangers.id)).toEqual(["sim-0001"]);
  await rig.run(deedsOf(rig).endAssignment({ id: assignmentOf(strangers.id).id }, "staff:a"));
  strangers.device.measure(arm(132));
  expect(await personsOf(rig, strangers.id)).toEqual(["sim-0001", null]);
});

test("a device that staff keep at the kiosk from within a visit on is the visitor's once it is chosen", async () => {
  const rig = await visitRig();
  const strangers = await placeStrangers(rig);
  const visit = await rig.choosing();
  await rig.run(deedsOf(rig).setKiosks({ deviceId: strangers.id, isKiosks: true }, "staff:a"));
  await rig.site.clock.advance(10_000);
  strangers.device.measure(arm(131));
  expect(await personsOf(rig, strangers.id)).toEqual([null]);
  await rig.run(visit.chooseKind("blood-pressure-monitor"));
  const added = visit.view().devices.findLast(({ serialEnd }) => serialEnd === "0050")?.token ?? "";
  await rig.run(visit.measure(added));
  await rig.site.clock.advance(20_000);
  strangers.device.measure(arm(132));
  expect(await personsOf(rig, strangers.id)).toEqual([null, "sim-0001"]);
});
