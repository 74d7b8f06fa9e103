import { expect, test } from "vitest";
import { sqliteErrors } from "../../../../cloud-sync/sqlite/sqlite-error.ts";
import { codeOf } from "../../../contracts/gatt-stage.ts";
import { arm, placeMeter } from "../../../scenarios/site-devices.ts";
import { createVisitDesk } from "../../../../gateway/kiosk/visit/create-visit-desk.ts";
import type { Store } from "../../../../gateway/store/store.ts";
import { firstDevice, type VisitRig, visitRig, yesTo } from "./visit-rig.ts";

const measuring = async (rig: VisitRig) => {
  const visit = await rig.choosing();
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(10_000);
  return visit;
};

test("with the broker away the result is there at once, waits, and is delivered when the broker is back", async () => {
  const rig = await visitRig();
  rig.site.broker.stop();
  const visit = await measuring(rig);
  rig.cuff.device.measure(arm(128));
  await rig.site.clock.advance(2_000);
  expect(visit.view()).toMatchObject({ step: "result", results: [{ delivery: "waiting" }] });
  expect(rig.desk.kiosk()).toMatchObject({ uplink: "disconnected", outOfOrder: null });
  rig.site.broker.start();
  for (let waitedMs = 0; waitedMs < 55_000; waitedMs += 5_000) {
    await rig.site.clock.advance(5_000);
    visit.touch();
  }
  expect(visit.view().results).toMatchObject([{ delivery: "delivered" }]);
});

test("a result is on the screen in the very moment in which it is stored", async () => {
  const rig = await visitRig();
  const visit = await measuring(rig);
  const seen: (string | undefined)[] = [];
  rig.sources.events.listen(({ type }) => {
    if (type === "reading-stored") seen.push(visit.view().results[0]?.systolic?.value ?? undefined);
  });
  rig.cuff.device.measure(arm(128));
  await rig.site.clock.advance(2_000);
  expect(seen).toEqual(["128"]);
});

test("an adapter that is pulled out stops nothing but the wait: it is said, nobody begins, and it goes on when it is back", async () => {
  const rig = await visitRig();
  const visit = await measuring(rig);
  rig.site.air.setAdapter(false);
  const down = { type: "radio", state: "down", adapter: "virtual" } as const;
  rig.tell(down);
  expect(visit.view()).toMatchObject({
    step: "measure",
    measuring: { phase: "failed", failure: { code: "adapter-absent", mayRetry: true } },
  });
  rig.site.air.setAdapter(true);
  rig.tell({ ...down, state: "up" });
  expect(visit.view().measuring).toMatchObject({ phase: "waiting", failure: null });
  rig.cuff.device.measure(arm(128));
  await rig.site.clock.advance(20_000);
  expect(visit.view().step).toBe("result");
});

test("while the radio is down nobody begins a visit, and the kiosk says why", async () => {
  const rig = await visitRig();
  const supervisor = {
    ...rig.sources.supervisor,
    active: () => rig.sources.supervisor.active(),
    state: () => ({ ...rig.sources.supervisor.state(), condition: "down" as const }),
  };
  const desk = createVisitDesk({ ...rig.sources, supervisor });
  expect(await codeOf(rig.run(desk.begin({ person: null, language: "en" })))).toBe("kiosk-out-of-order");
  expect(desk.kiosk().outOfOrder).toBe("radio-down");
});

/** A store that takes nothing while `disk.isFull`. */
function fillable(store: Store, disk: { readonly isFull: boolean }): Store {
  const record: Store["record"] = async (deed) => {
    if (disk.isFull) throw sqliteErrors.make("disk-full", "the disk is full");
    return await store.record(deed);
  };
  const counts: Store["counts"] = async () => {
    const real = await store.counts();
    return disk.isFull ? { ...real, alarm: "disk-full" } : real;
  };
  return new Proxy(store, {
    get: (target, name): unknown => {
      if (name === "record") return record;
      if (name === "counts") return counts;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("a store that is full takes no consent, and no visit begins until there is room", async () => {
  const rig = await visitRig();
  const disk = { isFull: false };
  const store = fillable(rig.store, disk);
  const desk = createVisitDesk({ ...rig.sources, store });
  const visit = await rig.run(desk.begin({ person: "sim-0001", language: "en" }));
  disk.isFull = true;
  expect(await codeOf(rig.run(visit.decideConsent(yesTo(visit))))).toBe("disk-full");
  expect(visit.view()).toMatchObject({ step: "consent", consent: null });
  await rig.run(visit.end("cancelled"));
  expect(await codeOf(rig.run(desk.begin({ person: null, language: "en" })))).toBe("kiosk-out-of-order");
  expect(desk.kiosk().outOfOrder).toBe("store-full");
  disk.isFull = false;
  await expect(rig.run(desk.begin({ person: null, language: "en" }))).resolves.toBeDefined();
});

test("a session that cannot be closed because the store is full is closed as soon as it can, and nobody begins before", async () => {
  const rig = await visitRig();
  const disk = { isFull: false };
  const store = fillable(rig.store, disk);
  const desk = createVisitDesk({ ...rig.sources, store });
  const stop = new AbortController();
  const running = desk.run(stop.signal);
  const visit = await rig.run(desk.begin({ person: "sim-0001", language: "en" }));
  await rig.run(visit.decideConsent(yesTo(visit)));
  disk.isFull = true;
  rig.tell({ type: "alarm", alarm: "disk-full" });
  await rig.run(visit.end("done"));
  expect(visit.view().step).toBe("goodbye");
  await rig.site.clock.advance(20_000);
  expect((await rig.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
  expect(await codeOf(rig.run(desk.begin({ person: "sim-0002", language: "en" })))).toBe("kiosk-out-of-order");
  disk.isFull = false;
  await rig.site.clock.advance(6_000);
  expect((await rig.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toEqual([]);
  stop.abort();
  await rig.run(running);
});

test("a store that fills up while somebody measures is said, and what was seen stays", async () => {
  const rig = await visitRig();
  const visit = await measuring(rig);
  rig.tell({ type: "alarm", alarm: "disk-full" });
  expect(visit.view().measuring).toMatchObject({ phase: "failed", failure: { code: "disk-full", mayRetry: false } });
  expect(rig.desk.kiosk().outOfOrder).toBe("store-full");
  rig.tell({ type: "alarm", alarm: null });
  expect(visit.view().measuring).toMatchObject({ phase: "waiting" });
});

test("a device that has nothing new is told of, but not before a person had the time to measure", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing();
  await rig.run(visit.measure(firstDevice(visit)));
  rig.cuff.device.wake();
  await rig.site.clock.advance(29_000);
  const phases = new Set(rig.shown.flatMap(({ measuring: shown }) => shown?.phase ?? []));
  expect(phases).toEqual(new Set(["waiting", "receiving"]));
  rig.cuff.device.wake();
  await rig.site.clock.advance(60_000);
  expect(visit.view().measuring).toMatchObject({ phase: "nothing", failure: null });
});

test("a transfer that breaks off is told of, and the next one goes on", async () => {
  const rig = await visitRig();
  const visit = await measuring(rig);
  const ended = { type: "session-ended", driver: "blood-pressure", deviceId: rig.cuff.id, durationMs: 5 } as const;
  const tally = { stored: 0, known: 0, amended: 0, quarantined: 0 };
  rig.tell({ type: "session-started", driver: "blood-pressure", name: "Cuff" });
  expect(visit.view().measuring?.phase).toBe("receiving");
  rig.tell({ ...ended, tally, failure: "link-lost" });
  expect(visit.view().measuring).toMatchObject({ phase: "failed", failure: { code: "link-lost", mayRetry: true } });
  rig.tell({ type: "session-started", driver: "blood-pressure", name: "Cuff" });
  expect(visit.view().measuring).toMatchObject({ phase: "receiving", failure: null });
});

test("a kiosk whose clock is not to be trusted keeps the reading, says so, and shows nobody's", async () => {
  const rig = await visitRig({ gateway: { assumeSynchronised: false } });
  const visit = await measuring(rig);
  rig.cuff.device.measure(arm(128));
  await rig.site.clock.advance(60_000);
  expect(visit.view()).toMatchObject({
    step: "measure",
    measuring: { phase: "failed", failure: { code: "reading-undated" } },
    results: [],
  });
  expect(await rig.store.counts()).toMatchObject({ undated: 1 });
});

test("a clock that is put right within a visit begins a new session, and leaves none that reaches back", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing();
  const [before] = await rig.store.sessions(0);
  await rig.site.clock.advance(5_000);
  rig.site.clock.jump(86_400_000);
  rig.tell({ type: "clock", state: "trusted", reason: "synchronised" });
  await rig.site.clock.advance(500);
  const sessions = await rig.store.sessions(0);
  const open = sessions.filter(({ endedAt }) => endedAt === null);
  expect(sessions).toHaveLength(2);
  expect(open).toMatchObject([{ person: "sim-0001", consent: before?.consent }]);
  expect(sessions.find(({ id }) => id === before?.id)?.endedAt).toBe((before?.startedAt ?? 0) + 5_000);
  await rig.run(visit.end("done"));
  expect((await rig.store.sessions(0)).filter(({ endedAt }) => endedAt === null)).toEqual([]);
});

test("a window that staff have open is told of, and the visit goes on", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing("blood-glucose-meter");
  const stop = new AbortController();
  placeMeter(rig.site, {}, "C0:00:00:00:00:30");
  const nobody = (): Promise<never> => Promise.reject(new Error("nobody is there"));
  const dialogue = { enterPasskey: nobody, showPasskey: () => undefined, confirmPasskey: nobody };
  rig.sources.pairing.open({}, { ...dialogue, authorise: nobody, enterPin: nobody }, stop.signal);
  expect(await codeOf(rig.run(visit.openPairing()))).toBe("pairing-window-taken");
  expect(visit.view()).toMatchObject({ step: "choose", pairing: null });
  stop.abort();
  await rig.run(visit.openPairing());
  expect(visit.view().step).toBe("pair");
});
