import { expect, test } from "vitest";
import { standardConsent } from "../../../../gateway/kiosk/consent/consent-texts.ts";
import type { AuditEntry, Store } from "../../../../gateway/store/store.ts";
import { codeOf } from "../../../contracts/gatt-stage.ts";
import { arm, assignmentOf } from "../../../scenarios/site-devices.ts";
import { firstDevice, visitRig, yesTo } from "./visit-rig.ts";

const audit = async (store: Store): Promise<readonly AuditEntry[]> =>
  await store.auditEntries({ afterSeq: 0, limit: 100 });

test("a yes is one deed: consent, session, event and audit entries", async () => {
  const rig = await visitRig();
  rig.site.broker.stop();
  const visit = await rig.begin();
  const text = visit.view().consentText;
  await rig.agree(visit, true);
  const [consent] = await rig.store.consents({ limit: 10 });
  expect(consent).toMatchObject({
    person: "sim-0001",
    version: text?.version,
    sha256: text?.sha256,
    language: "en",
    trend: true,
    withdrawnAt: null,
  });
  expect(await rig.store.sessions(0)).toMatchObject([{ person: "sim-0001", consent: consent?.id, endedAt: null }]);
  const events = await rig.store.pendingEvents({ afterSeq: 0, limit: 10 });
  expect(events.map(({ event }) => event.event)).toMatchObject([
    { type: "consent", change: "given", consent: consent?.id, sha256: text?.sha256 },
  ]);
  expect((await audit(rig.store)).map(({ action }) => action)).toEqual(["consent-given", "visit-started"]);
});

test("a no keeps nothing of the person: an audit entry that names nobody, and goodbye", async () => {
  const rig = await visitRig();
  const visit = await rig.begin({ person: "sim-canary" });
  await rig.run(visit.decideConsent({ ...yesTo(visit), decision: "refused" }));
  expect(visit.view()).toMatchObject({ step: "goodbye", ended: "refused", consentText: null });
  expect(await rig.store.people()).toEqual([]);
  expect(await rig.store.consents({ limit: 10 })).toEqual([]);
  expect(await rig.store.sessions(0)).toEqual([]);
  const entries = await audit(rig.store);
  expect(entries).toMatchObject([{ action: "consent-refused", actor: "visitor", subject: { version: "1.0" } }]);
  expect(JSON.stringify(entries)).not.toContain("sim-canary");
});

test("a decision on a text that is not in force changes nothing, and the text is still there to be read", async () => {
  const rig = await visitRig();
  const visit = await rig.begin();
  const other = { ...yesTo(visit), sha256: "0".repeat(64) };
  expect(await codeOf(rig.run(visit.decideConsent(other)))).toBe("consent-changed");
  expect(await codeOf(rig.run(visit.decideConsent({ ...yesTo(visit), version: "0.9" })))).toBe("consent-changed");
  expect(visit.view()).toMatchObject({ step: "consent", consent: null, consentText: { version: "1.0" } });
  expect(await rig.store.consents({ limit: 10 })).toEqual([]);
});

test("the text is read in the language of the visit, and the decision names the words that were read", async () => {
  const rig = await visitRig();
  const visit = await rig.begin();
  await rig.run(visit.setLanguage("es"));
  expect(visit.view().consentText).toEqual(standardConsent.text("es"));
  await rig.agree(visit);
  expect(await rig.store.consents({ limit: 1 })).toMatchObject([
    { language: "es", sha256: standardConsent.text("es").sha256 },
  ]);
});

test("who agreed to this version before is not asked again, sees it, and the session is open", async () => {
  const rig = await visitRig();
  const first = await rig.choosing("blood-pressure-monitor", {}, true);
  await rig.run(first.end("done"));
  const again = await rig.begin();
  expect(again.view()).toMatchObject({ step: "choose", consent: { decision: "given", trend: true } });
  expect((await rig.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
  await rig.run(again.goTo({ step: "consent" }));
  expect(again.view()).toMatchObject({ step: "consent", consentText: { version: "1.0" }, consent: { trend: true } });
  await rig.agree(again, false);
  expect(again.view()).toMatchObject({ step: "choose", consent: { trend: false } });
  expect(await rig.store.consents({ limit: 10 })).toMatchObject([{ trend: false }]);
});

test("who agreed to another version is asked again", async () => {
  const rig = await visitRig();
  await rig.run((await rig.choosing()).end("done"));
  const [consent] = await rig.store.consents({ limit: 1 });
  const changed = { version: "2.0", text: (language: "en" | "es") => standardConsent.text(language) };
  const later = await visitRig({
    consent: changed,
    prepare: async (store) => {
      if (consent !== undefined) await store.record({ changes: [{ type: "consent", consent }], events: [], audit: [] });
    },
  });
  expect((await later.begin()).view()).toMatchObject({ step: "consent", consent: null });
});

test("a withdrawal ends the visit, the session and what was taken home, removes what was not sent, and is told", async () => {
  const rig = await visitRig();
  rig.site.broker.stop();
  const visit = await rig.choosing("blood-pressure-monitor");
  await rig.store.saveAssignment(assignmentOf("device-at-home"));
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(10_000);
  rig.cuff.device.measure(arm(128));
  await rig.site.clock.advance(5_000);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ delivery: "waiting" }] });
  await rig.run(visit.goTo({ step: "consent" }));
  await rig.run(visit.decideConsent({ ...yesTo(visit), decision: "refused" }));
  expect(visit.view()).toMatchObject({ step: "goodbye", ended: "refused", results: [] });
  expect(await rig.store.counts()).toMatchObject({ waiting: 0 });
  expect(await rig.store.consents({ limit: 1 })).toMatchObject([{ withdrawnAt: expect.any(Number) }]);
  expect((await rig.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toEqual([]);
  expect(await rig.store.assignments()).toMatchObject([{ untilAt: expect.any(Number) }]);
  const events = await rig.store.pendingEvents({ afterSeq: 0, limit: 10 });
  expect(events.map(({ event }) => event.event).filter(({ type }) => type !== "audit-head")).toMatchObject([
    { type: "consent", change: "given" },
    { type: "consent", change: "withdrawn", removed: 1 },
    { type: "enrolment-ended", enrolment: "assignment-of-device-at-home" },
  ]);
  expect((await audit(rig.store)).slice(-3)).toMatchObject([
    { actor: "visitor", action: "consent-withdrawn" },
    { actor: "visitor", action: "assignment-ended", subject: { assignment: "assignment-of-device-at-home" } },
    { actor: "visitor", action: "visit-ended", subject: { reason: "withdrawn" } },
  ]);
});

test("earlier readings are shown to who agreed to it, and that they were looked at is on record; never to a guest", async () => {
  const rig = await visitRig();
  const measureOnce = async (person: string | null, systolic: number, trend: boolean) => {
    const visit = await rig.choosing("blood-pressure-monitor", { person }, trend);
    await rig.run(visit.measure(firstDevice(visit)));
    await rig.site.clock.advance(20_000);
    rig.cuff.device.measure(arm(systolic));
    await rig.site.clock.advance(15_000);
    const view = visit.view();
    await rig.run(visit.end("done"));
    await rig.site.clock.advance(60_000);
    return view;
  };
  expect(await measureOnce("sim-0002", 111, true)).toMatchObject({ step: "result", trend: null });
  expect(await measureOnce("sim-0001", 121, false)).toMatchObject({ step: "result", trend: null });
  expect(await measureOnce(null, 141, true)).toMatchObject({ step: "result", trend: null });
  const second = await measureOnce("sim-0002", 115, true);
  expect(second.trend).toMatchObject({ kind: "blood-pressure", unit: "mmHg" });
  expect(second.trend?.points.map(({ values }) => values)).toEqual([
    [111, 80],
    [115, 80],
  ]);
  const viewed = (await audit(rig.store)).filter(({ action }) => action === "readings-viewed");
  expect(viewed.map(({ subject }) => subject["person"])).toEqual(["sim-0002", "sim-0002"]);
});

test("a consent that stands is found however often its person has agreed and withdrawn", async () => {
  const person = "sim-0001";
  const rig = await visitRig({
    prepare: async (store) => {
      const { version, sha256 } = standardConsent.text("en");
      const common = { person, version, sha256, language: "en", trend: false };
      const changes = Array.from({ length: 150 }, (_, index) => {
        const withdrawnAt = index === 0 ? null : 1_000 + index;
        return { type: "consent", consent: { ...common, id: `c-${index}`, givenAt: 1 + index, withdrawnAt } } as const;
      });
      await store.record({ changes, events: [], audit: [] });
    },
  });
  expect((await rig.begin({ person })).view()).toMatchObject({ step: "choose", consent: { decision: "given" } });
});
