import { expect, test } from "vitest";
import type { VisitStep, VisitView } from "../../../../gateway/kiosk/contract/visit-view.ts";
import type { Visit } from "../../../../gateway/kiosk/visit-desk.ts";
import type { KioskSession } from "../../../../gateway/store/store.ts";
import { codeOf } from "../../../contracts/gatt-stage.ts";
import { arm } from "../../../scenarios/site-devices.ts";
import { firstDevice, type VisitRig, visitRig } from "./visit-rig.ts";

const openSessions = async ({ store }: VisitRig): Promise<readonly KioskSession[]> =>
  (await store.sessions(0)).filter(({ endedAt }) => endedAt === null);

/** Leads a visit to a step, as a person would. */
const leadTo: Readonly<Record<Exclude<VisitStep, "goodbye">, (rig: VisitRig) => Promise<Visit>>> = {
  consent: (rig) => rig.begin(),
  choose: (rig) => rig.choosing(),
  pair: async (rig) => {
    const visit = await rig.choosing();
    await rig.run(visit.openPairing());
    return visit;
  },
  measure: async (rig) => {
    const visit = await rig.choosing();
    await rig.run(visit.measure(firstDevice(visit)));
    return visit;
  },
  result: async (rig) => {
    const visit = await leadTo.measure(rig);
    await rig.site.clock.advance(10_000);
    rig.cuff.device.measure(arm(128));
    await rig.site.clock.advance(5_000);
    return visit;
  },
  "hand-over": async (rig) => {
    const visit = await leadTo.result(rig);
    await rig.run(visit.goTo({ step: "hand-over" }));
    return visit;
  },
};

/** How long a visit that nobody touches shows no warning, and when it does. */
const patience: Readonly<Record<Exclude<VisitStep, "goodbye">, readonly [fineMs: number, warnMs: number]>> = {
  consent: [59_000, 61_000],
  choose: [59_000, 61_000],
  pair: [118_000, 122_000],
  measure: [178_000, 182_000],
  result: [50_000, 61_000],
  "hand-over": [50_000, 61_000],
};

const forgotten: Partial<VisitView> = {
  step: "goodbye",
  consent: null,
  consentText: null,
  kind: null,
  devices: [],
  device: null,
  pairing: null,
  measuring: null,
  results: [],
  trend: null,
  handOver: null,
  endsInMs: null,
};

for (const step of ["consent", "choose", "pair", "measure", "result", "hand-over"] as const) {
  test(`cancelled at ${step}, a visit is over at once, says goodbye for 15 s, and is gone`, async () => {
    const rig = await visitRig();
    const visit = await leadTo[step](rig);
    expect(visit.view().step).toBe(step);
    await rig.run(visit.end("cancelled"));
    await rig.run(visit.end("done"));
    expect(visit.view()).toMatchObject({ ...forgotten, ended: "cancelled" });
    expect(await openSessions(rig)).toEqual([]);
    expect(rig.sources.pairing.isOpen).toBe(false);
    expect(rig.desk.kiosk().isBusy).toBe(false);
    expect(await codeOf(rig.run(visit.chooseKind("blood-glucose-meter")))).toBe("visit-over");
    await rig.site.clock.advance(14_000);
    expect(rig.desk.current()).toBe(visit);
    await rig.site.clock.advance(1_500);
    expect(rig.desk.current()).toBeNull();
  });

  test(`left alone at ${step}, a visit warns and then ends; what was touched in between goes on`, async () => {
    const rig = await visitRig();
    const visit = await leadTo[step](rig);
    // While a device is at work nobody touches the screen for longer; the window of a pairing closes before that.
    const [fineMs, warnMs] = patience[step];
    await rig.site.clock.advance(fineMs);
    expect(visit.view().endsInMs).toBeNull();
    await rig.site.clock.advance(warnMs - fineMs);
    expect(visit.view()).toMatchObject({ step, endsInMs: expect.any(Number) });
    visit.touch();
    expect(visit.view().endsInMs).toBeNull();
    await rig.site.clock.advance(warnMs + 31_000);
    expect(visit.view()).toMatchObject({ ...forgotten, ended: "timed-out" });
    expect(await openSessions(rig)).toEqual([]);
    const counted = rig.shown.filter(({ endsInMs }) => endsInMs !== null);
    expect(counted.length).toBeGreaterThanOrEqual(20);
  });

  test(`a gateway that is stopped at ${step} ends the visit`, async () => {
    const rig = await visitRig();
    const visit = await leadTo[step](rig);
    const before = await rig.store.sessions(0);
    const ended = await stopAndRead(rig);
    expect(visit.view()).toMatchObject({ ...forgotten, ended: "stopped" });
    expect(ended).toHaveLength(before.length);
    expect(ended).not.toContain(null);
    expect(rig.desk.current()).toBeNull();
  });
}

/** When the sessions of the store ended, as the next gateway finds them. */
async function stopAndRead(rig: VisitRig): Promise<readonly (number | null)[]> {
  await rig.gateway.stop();
  const found: KioskSession[] = [];
  await rig.site.gateway({
    path: rig.gateway.path,
    prepare: async (store) => void found.push(...(await store.sessions(0))),
  });
  return found.map(({ endedAt }) => endedAt);
}

test("a visit that a power cut has left open is ended at the start, on record, before anything is collected", async () => {
  const session = { id: "s-1", person: "sim-0001", consent: "c-1", startedAt: 1_000, endedAt: null, devices: [] };
  const rig = await visitRig({
    prepare: async (store) => {
      await store.savePerson({ reference: "sim-0001", createdAt: 0 });
      await store.saveSession(session);
    },
  });
  expect(await rig.store.sessions(0)).toMatchObject([{ id: "s-1", endedAt: expect.any(Number) }]);
  expect(await rig.store.auditEntries({ afterSeq: 0, limit: 10 })).toMatchObject([
    { actor: "gateway", action: "visit-ended", subject: { session: "s-1", reason: "found-open" } },
  ]);
  await expect(rig.begin()).resolves.toBeDefined();
});

test("nobody begins a visit while somebody else's is under way; one that was left alone for 15 s gives way", async () => {
  const rig = await visitRig();
  const first = await rig.choosing();
  await rig.site.clock.advance(10_000);
  expect(await codeOf(rig.begin({ person: "sim-0002" }))).toBe("kiosk-in-use");
  first.touch();
  await rig.site.clock.advance(14_000);
  expect(await codeOf(rig.begin({ person: "sim-0002" }))).toBe("kiosk-in-use");
  await rig.site.clock.advance(1_000);
  const second = await rig.begin({ person: "sim-0002" });
  expect(first.view()).toMatchObject({ ...forgotten, ended: "timed-out" });
  expect(rig.desk.current()).toBe(second);
  expect(await openSessions(rig)).toEqual([]);
  expect(second.secret).not.toBe(first.secret);
});

test("a visit at which a device is at work does not give way until it has warned", async () => {
  const rig = await visitRig();
  const first = await leadTo.measure(rig);
  await rig.site.clock.advance(120_000);
  expect(await codeOf(rig.begin({ person: "sim-0002" }))).toBe("kiosk-in-use");
  await rig.site.clock.advance(62_000);
  expect(first.view().endsInMs).not.toBeNull();
  await expect(rig.begin({ person: "sim-0002" })).resolves.toBeDefined();
});

test("while one says goodbye the next may begin", async () => {
  const rig = await visitRig();
  const first = await rig.choosing();
  await rig.run(first.end("by-staff"));
  const second = await rig.begin({ person: "sim-0002" });
  await rig.site.clock.advance(20_000);
  expect(rig.desk.current()).toBe(second);
  expect(first.view()).toMatchObject({ ended: "by-staff" });
});

test("two who begin at once: one does", async () => {
  const rig = await visitRig();
  const both = [
    rig.desk.begin({ person: "sim-0001", language: "en" }),
    rig.desk.begin({ person: null, language: "en" }),
  ];
  const outcomes = await rig.run(Promise.allSettled(both));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("back is possible from everywhere, and what does not belong to a step is refused", async () => {
  const rig = await visitRig();
  const visit = await rig.begin();
  expect(await codeOf(rig.run(visit.chooseKind("blood-glucose-meter")))).toBe("visit-step-refused");
  expect(await codeOf(rig.run(visit.goTo({ step: "choose" })))).toBe("visit-step-refused");
  await rig.agree(visit);
  expect(await codeOf(rig.run(visit.openPairing()))).toBe("visit-step-refused");
  await rig.run(visit.chooseKind("blood-pressure-monitor"));
  expect(await codeOf(rig.run(visit.goTo({ step: "result" })))).toBe("visit-step-refused");
  expect(await codeOf(rig.run(visit.goTo({ step: "measure" })))).toBe("visit-step-refused");
  expect(await codeOf(rig.run(visit.measure("not-a-device")))).toBe("device-unknown-here");
  await rig.run(visit.openPairing());
  await rig.run(visit.goTo({ step: "choose" }));
  expect(rig.sources.pairing.isOpen).toBe(false);
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.run(visit.goTo({ step: "choose" }));
  expect(visit.view()).toMatchObject({ step: "choose", measuring: null });
  await rig.run(visit.goTo({ step: "goodbye" }));
  expect(visit.view()).toMatchObject({ step: "goodbye", ended: "done" });
});
