import { expect, test } from "vitest";
import { arm, placeCuff } from "../../../scenarios/site-devices.ts";
import { deviceRow, type VisitRig, visitRig } from "./visit-rig.ts";

/**
 * A reading in the first seconds of a visit is the visitor's as soon as that is certain: by how well the device's clock is
 * known, and not by how well it is set.
 */
const address = "C0:00:00:00:00:60";

/** A cuff of the kiosk's that was read some days before, so that the kiosk knows how its clock runs. */
async function steadyCuff(rig: VisitRig, aheadS: number) {
  const { clock } = rig.cuff.device.options;
  const cuff = placeCuff(rig.site, { clock: { ...clock, aheadS, driftSPerDay: 0 }, requiresBond: false }, address);
  await rig.store.saveDevice(deviceRow(cuff));
  await rig.store.saveSetting("kiosk-devices", JSON.stringify([cuff.id]));
  cuff.device.measure(arm(111));
  await rig.site.clock.advance(30_000);
  return cuff;
}

test.each([0, 50, -50, 3_600])(
  "with a clock that is steadily %i s ahead, what is measured 3 s after the consent is the visitor's, and 1 s before it is not",
  async (aheadS) => {
    const rig = await visitRig();
    const cuff = await steadyCuff(rig, aheadS);
    const visit = await rig.choosing();
    const token = visit.view().devices.find(({ serialEnd }) => serialEnd === "0060")?.token ?? "";
    await rig.run(visit.measure(token));
    await rig.site.clock.advance(3_000);
    cuff.device.measure(arm(128));
    await rig.site.clock.advance(10_000);
    expect(visit.view()).toMatchObject({ step: "result", results: [{ systolic: { value: "128" } }] });
    await rig.run(visit.end("done"));
    cuff.device.measure(arm(140));
    await rig.site.clock.advance(1_000);
    const next = await rig.choosing("blood-pressure-monitor", { person: "sim-0002" });
    await rig.site.clock.advance(20_000);
    expect(next.view().results).toEqual([]);
    const stored = await rig.store.readings({ deviceId: cuff.id, limit: 10 });
    expect(stored.map(({ reading }) => reading.person)).toEqual([null, "sim-0001", null]);
  },
);
