import { expect, test } from "vitest";
import { arm, blood } from "../../../scenarios/site-devices.ts";
import { firstDevice, visitRig } from "./visit-rig.ts";

test("a whole visit with the kiosk's cuff: consent, measure, result, delivered, goodbye, nobody", async () => {
  const rig = await visitRig();
  const visit = await rig.begin();
  expect(visit.view()).toMatchObject({ step: "consent", who: "person", consent: null, devices: [] });
  await rig.agree(visit);
  expect(visit.view()).toMatchObject({ step: "choose", consent: { decision: "given", trend: false } });
  await rig.run(visit.chooseKind("blood-pressure-monitor"));
  expect(visit.view().devices).toMatchObject([{ kind: "blood-pressure-monitor", of: "kiosk", model: "Cuff" }]);
  await rig.run(visit.measure(firstDevice(visit)));
  expect(visit.view()).toMatchObject({ step: "measure", measuring: { phase: "waiting", failure: null } });
  await rig.site.clock.advance(20_000);
  rig.cuff.device.measure(arm(128));
  await rig.site.clock.advance(5_000);
  expect(visit.view()).toMatchObject({
    step: "result",
    results: [
      {
        kind: "blood-pressure",
        systolic: { value: "128", unit: "mmHg" },
        note: { category: "hypertension-stage-1", level: "raised", source: "ACC/AHA 2017" },
        delivery: "delivered",
      },
    ],
  });
  await rig.run(visit.goTo({ step: "goodbye" }));
  expect(visit.view()).toMatchObject({ step: "goodbye", ended: "done", results: [], consent: null });
  expect(rig.desk.kiosk().isBusy).toBe(false);
  await rig.site.clock.advance(15_000);
  expect(rig.desk.current()).toBeNull();
  expect(await rig.site.delivered()).toMatchObject([{ person: "sim-0001", attribution: { by: "session" } }]);
  const [session] = await rig.store.sessions(0);
  expect(session?.endedAt).not.toBeNull();
});

test("a whole visit of a guest with the kiosk's meter, in Spanish", async () => {
  const rig = await visitRig();
  const visit = await rig.choosing("blood-glucose-meter", { person: null, language: "es" }, true);
  expect(visit.view()).toMatchObject({ who: "guest", language: "es" });
  await rig.run(visit.measure(firstDevice(visit)));
  await rig.site.clock.advance(20_000);
  rig.meter.device.measure(blood(48));
  await rig.site.clock.advance(2_000);
  expect(visit.view()).toMatchObject({
    step: "result",
    trend: null,
    results: [{ concentration: { value: "48", unit: "mg/dL" }, note: { level: "urgent" } }],
  });
  await rig.run(visit.goTo({ step: "hand-over" }));
  expect(visit.view().handOver).toEqual({ devices: [], state: "offered" });
  await rig.run(visit.end("done"));
  const [reading] = await rig.site.delivered();
  expect(reading?.person).toMatch(/^guest-[0-9a-hjkmnp-tv-z]{16}$/);
});
