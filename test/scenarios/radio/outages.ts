import { expect } from "vitest";
import type { SupervisionOptions } from "../../../gateway/collect/supervision-options.ts";
import { blood } from "../site-devices.ts";
import { until } from "./radio-site.ts";
import type { RadioStage } from "./radio-stage.ts";
import type { Scenarios } from "./scenario.ts";

/** A room in which silence is noticed within two seconds, where a real one waits for a minute and a half. */
const impatient: Partial<SupervisionOptions> = {
  silenceMs: 1_500,
  checkMs: 250,
  verifyMs: 700,
  repairsPerHourMax: 60,
  climbPauseMs: 2_000,
  climbPauseMsMax: 2_000,
};

const hourMs = 3_600_000;

/** A meter that asks for no key: outages are the subject here. */
const open = { requiresBond: false };

/** The radio's own parts go, and come back. */
export const outageScenarios: Scenarios = (play, { hasDaemon }) => {
  play("an adapter that is taken out and put in again is used again", async (site) => {
    const meter = site.meter(open);
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    await site.balances(1);
    await adapterOf(site.stage).remove();
    await until(() => gateway.events.some((event) => event.type === "radio" && event.state === "down"));
    meter.measure(blood(102));
    await adapterOf(site.stage).add();
    await site.balances(2);
  });

  if (hasDaemon) {
    play("a bluetoothd that dies and is started again is used again", async (site) => {
      const meter = site.meter(open);
      meter.measure(blood(101), hourMs);
      const gateway = await site.gateway({ assigned: [meter] });
      await site.balances(1);
      await site.stage.daemon?.kill();
      await until(() => gateway.events.some((event) => event.type === "radio" && event.state === "down"));
      meter.measure(blood(102));
      await site.stage.daemon?.start();
      await site.balances(2);
    });
  }

  if (hasDaemon) {
    play("a device that a killed gateway has left connected is read by the next one", async (site) => {
      const meter = site.meter(open);
      meter.measure(blood(101), hourMs);
      await site.stage.leaveConnected?.(meter.address);
      expect(site.air.isAdvertising(meter.address)).toBe(false);
      await site.gateway({ assigned: [meter] });
      await site.balances(1);
      meter.measure(blood(102));
      await site.balances(2);
    });
  }

  play("in a silent room every repair is tried, and none of them harms", async (site) => {
    const meter = site.meter(open);
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter], supervision: impatient });
    await site.balances(1);
    site.air.command({ type: "vanish", address: meter.address });
    const { rungs } = site.stage.radio;
    const tried = (): ReadonlySet<string> =>
      new Set(gateway.events.flatMap((event) => (event.type === "radio-repair" ? [event.step] : [])));
    await until(() => rungs.every((rung) => tried().has(rung)));
    meter.measure(blood(102));
    site.air.command({ type: "return", address: meter.address });
    await site.balances(2);
    expect(gateway.events.filter((event) => event.type === "radio-repair" && event.outcome === "failed")).toEqual([]);
  });
};

function adapterOf(stage: RadioStage): NonNullable<RadioStage["adapter"]> {
  const { air } = stage;
  return (
    stage.adapter ?? {
      remove: () => Promise.resolve(air.setAdapter(false)),
      add: () => Promise.resolve(air.setAdapter(true)),
    }
  );
}
