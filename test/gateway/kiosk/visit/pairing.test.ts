import { expect, test } from "vitest";
import type { Visit } from "../../../../gateway/kiosk/visit-desk.ts";
import { codeOf } from "../../../contracts/gatt-stage.ts";
import { arm, blood, placeCuff } from "../../../scenarios/site-devices.ts";
import { justWorks } from "../../../../simulators/peripherals/pairing-traits.ts";
import { candidateOf, ownAddress, pairingVisit } from "./pairing-steps.ts";
import { type VisitRig, visitRig } from "./visit-rig.ts";

const questionOf = (visit: Visit) => visit.view().pairing?.question ?? null;

test("a meter that shows a passkey is paired by it, known by its serial number, and measured with", async () => {
  const rig = await visitRig();
  const { own, visit } = await pairingVisit(rig);
  expect(visit.view()).toMatchObject({ step: "pair", pairing: { phase: "searching", question: null } });
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  expect(visit.view().pairing).toMatchObject({ phase: "asking", question: { number: 1, ask: "enter-passkey" } });
  const passkey = String(rig.site.air.shownPasskey(ownAddress)).padStart(6, "0");
  await rig.run(visit.answerPairing({ number: 1, answer: { type: "passkey", passkey } }));
  await rig.site.clock.advance(3_000);
  const view = visit.view();
  expect(view.pairing).toMatchObject({ phase: "paired", question: null, candidates: [], remainingMs: 0 });
  expect(view.device).toMatchObject({ of: "own", kind: "blood-glucose-meter", serialEnd: "0010" });
  await rig.run(visit.measure(view.device?.token ?? ""));
  await rig.site.clock.advance(40_000);
  own.device.measure(blood(104));
  await rig.site.clock.advance(5_000);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ concentration: { value: "104" } }] });
  const entries = await rig.store.auditEntries({ afterSeq: 0, limit: 100 });
  expect(entries.find(({ action }) => action === "device-paired")?.subject).toMatchObject({ device: own.id });
});

test("a wrong passkey is told of, and the same device may be tried again", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  const shown = rig.site.air.shownPasskey(ownAddress) ?? 0;
  const wrong = String((shown + 1) % 1_000_000).padStart(6, "0");
  await rig.run(visit.answerPairing({ number: 1, answer: { type: "passkey", passkey: wrong } }));
  await rig.site.clock.advance(1_000);
  expect(visit.view().pairing).toMatchObject({
    phase: "failed",
    failure: { code: "pairing-wrong-passkey", mayRetry: true },
  });
  await rig.site.clock.advance(2_000);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  expect(questionOf(visit)).toEqual({ number: 2, ask: "enter-passkey" });
  const passkey = String(rig.site.air.shownPasskey(ownAddress)).padStart(6, "0");
  expect(await codeOf(rig.run(visit.answerPairing({ number: 1, answer: { type: "passkey", passkey } })))).toBe(
    "pairing-question-over",
  );
  await rig.run(visit.answerPairing({ number: 2, answer: { type: "passkey", passkey } }));
  await rig.site.clock.advance(3_000);
  expect(visit.view().pairing?.phase).toBe("paired");
});

test("a device that proves nothing is paired only when the person agrees; a no is a failure that may be retried", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig, justWorks);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  expect(questionOf(visit)).toEqual({ number: 1, ask: "authorise" });
  await rig.run(visit.answerPairing({ number: 1, answer: { type: "no" } }));
  await rig.site.clock.advance(1_000);
  expect(visit.view().pairing).toMatchObject({ phase: "failed", failure: { code: "pairing-refused", mayRetry: true } });
  await rig.site.clock.advance(2_000);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  await rig.run(visit.answerPairing({ number: 2, answer: { type: "yes" } }));
  await rig.site.clock.advance(3_000);
  expect(visit.view().pairing?.phase).toBe("paired");
});

test("digits that the person types on the device are shown until the device has them", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig, { ...justWorks, io: "keyboard-only", mitm: true });
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  const shown = rig.shown.findLast(({ pairing }) => pairing?.question?.ask === "show-passkey");
  expect(shown?.pairing?.question).toMatchObject({ passkey: expect.stringMatching(/^\d{6}$/), entered: 0 });
  await rig.site.clock.advance(3_000);
  expect(visit.view().pairing).toMatchObject({ phase: "paired", question: null });
});

test("two numbers are compared", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig, { ...justWorks, io: "display-yes-no", mitm: true });
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  const question = questionOf(visit);
  const number = String(rig.site.air.shownPasskey(ownAddress)).padStart(6, "0");
  expect(question).toEqual({ number: 1, ask: "confirm-passkey", passkey: number });
  await rig.run(visit.answerPairing({ number: 1, answer: { type: "yes" } }));
  await rig.site.clock.advance(3_000);
  expect(visit.view().pairing?.phase).toBe("paired");
});

test("the window closes in its time, says so, and may be opened again; the time that is left is told each second", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing("blood-glucose-meter");
  await rig.run(visit.openPairing());
  const before = rig.changes();
  await rig.site.clock.advance(10_000);
  expect(rig.changes() - before).toBeGreaterThanOrEqual(10);
  expect(visit.view().pairing).toMatchObject({ phase: "searching", remainingMs: 110_000 });
  await rig.site.clock.advance(111_000);
  expect(visit.view().pairing).toMatchObject({
    phase: "failed",
    failure: { code: "pairing-timeout", mayRetry: true },
    remainingMs: 0,
  });
  await rig.run(visit.openPairing());
  expect(visit.view().pairing).toMatchObject({ phase: "searching", remainingMs: 120_000 });
});

test("cancelling closes the window and takes the question back; nothing is bonded", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  await rig.run(visit.closePairing());
  expect(visit.view()).toMatchObject({ step: "choose", pairing: null });
  expect(rig.sources.pairing.isOpen).toBe(false);
  await rig.site.clock.advance(5_000);
  expect(await rig.store.bonds()).toEqual([]);
});

test("the kiosk's own devices and those of another kind are not offered to be paired", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig);
  placeCuff(rig.site, { wakefulness: { afterUseMs: 120_000, periodic: null } }, "C0:00:00:00:00:11").device.wake();
  rig.meter.device.wake();
  rig.cuff.device.wake();
  await rig.site.clock.advance(5_000);
  expect(visit.view().pairing?.candidates).toHaveLength(1);
});

test("a device that was paired and not taken home is forgotten with the visit", async () => {
  const rig = await visitRig();
  const { own, visit } = await pairingVisit(rig, justWorks);
  await pairIt(rig, visit);
  expect(await rig.store.bonds()).toHaveLength(1);
  await rig.run(visit.end("cancelled"));
  await rig.site.clock.advance(5_000);
  expect(await rig.store.bonds()).toEqual([]);
  expect((await rig.store.devices()).map(({ id }) => id)).not.toContain(own.id);
});

test("a pairing that succeeds when its visit is over leaves nothing behind", async () => {
  const rig = await visitRig();
  const { visit } = await pairingVisit(rig, justWorks);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  const answered = visit.answerPairing({ number: 1, answer: { type: "yes" } });
  const ended = visit.end("cancelled");
  await rig.run(Promise.allSettled([answered, ended]));
  await rig.site.clock.advance(60_000);
  expect(await rig.store.bonds()).toEqual([]);
});

test("taken home, the device is theirs from then on, by its slot where it has slots; the home hub is told", async () => {
  const rig = await visitRig();
  const { own, visit } = await pairingVisit(rig, justWorks);
  await pairIt(rig, visit);
  await rig.run(visit.goTo({ step: "hand-over" }));
  const [device] = visit.view().handOver?.devices ?? [];
  expect(device).toMatchObject({ of: "own", userSlots: 0 });
  const request = { device: device?.token ?? "", userSlot: null };
  await rig.run(visit.enrol(request));
  await rig.run(visit.enrol(request));
  expect(visit.view().handOver?.state).toBe("enrolled");
  expect(await rig.store.assignments()).toMatchObject([
    { deviceId: own.id, person: "sim-0001", userSlot: null, source: "local", untilAt: null },
  ]);
  await rig.run(visit.end("done"));
  await rig.site.clock.advance(300_000);
  expect(await rig.store.bonds()).toHaveLength(1);
  own.device.measure(blood(99));
  await rig.site.clock.advance(10_000);
  expect(await rig.site.delivered()).toMatchObject([{ person: "sim-0001", attribution: { by: "assignment" } }]);
});

test("of a cuff that keeps its users apart, a person must say which one they are, and not one who is taken", async () => {
  const rig = await visitRig();
  const always = { afterUseMs: 600_000, periodic: null };
  const own = placeCuff(rig.site, { pairing: justWorks, wakefulness: always }, ownAddress);
  const visit = await rig.choosing("blood-pressure-monitor");
  await rig.run(visit.openPairing());
  own.device.wake();
  await rig.site.clock.advance(2_000);
  await pairIt(rig, visit);
  await rig.run(visit.measure(visit.view().device?.token ?? ""));
  await rig.site.clock.advance(20_000);
  own.device.measure(arm(120, { userSlot: 2 }));
  await rig.site.clock.advance(20_000);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ userSlot: 2 }] });
  await rig.run(visit.goTo({ step: "hand-over" }));
  const [device] = visit.view().handOver?.devices ?? [];
  expect(device?.userSlots).toBe(2);
  const token = device?.token ?? "";
  expect(await codeOf(rig.run(visit.enrol({ device: token, userSlot: null })))).toBe("user-slot-needed");
  await rig.store.savePerson({ reference: "sim-0009", createdAt: 0 });
  const theirs = { id: "other", deviceId: own.id, userSlot: 1, person: "sim-0009", consent: "c", fromAt: 0 };
  await rig.store.saveAssignment({ ...theirs, untilAt: null, source: "local" });
  expect(await codeOf(rig.run(visit.enrol({ device: token, userSlot: 1 })))).toBe("device-of-another");
  await rig.run(visit.enrol({ device: token, userSlot: 2 }));
  expect((await rig.store.assignments()).find(({ person }) => person === "sim-0001")).toMatchObject({ userSlot: 2 });
});

/** By Just Works, to which the person agrees. */
async function pairIt(rig: VisitRig, visit: Visit): Promise<void> {
  const [candidate] = visit.view().pairing?.candidates ?? [];
  await rig.run(visit.choosePairing(candidate?.token ?? ""));
  await rig.site.clock.advance(1_000);
  const number = questionOf(visit)?.number ?? -1;
  await rig.run(visit.answerPairing({ number, answer: { type: "yes" } }));
  await rig.site.clock.advance(3_000);
  expect(visit.view().pairing?.phase).toBe("paired");
}
