import { expect } from "vitest";
import { scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import { arm, blood } from "../site-devices.ts";
import { until } from "./radio-site.ts";
import type { Scenarios } from "./scenario.ts";

const hourMs = 3_600_000;

/** A day like any other, and what interrupts it. */
export const collectingScenarios: Scenarios = (play) => {
  play("a meter that was paired gives its records, and each is in the sink once", async (site) => {
    const meter = site.meter();
    for (let hours = 12; hours > 0; hours -= 1) meter.measure(blood(80 + hours), hours * hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    await until(() => gateway.count("device-seen") > 0);
    const paired = await gateway.pair(meter.address, scriptedDialogue());
    expect(paired).toMatchObject({ address: meter.address, method: "just-works", look: { driver: "glucose" } });
    await site.balances(12);
    meter.measure(blood(111));
    await site.balances(13);
  });

  play("a cuff that forgets what was confirmed is read whole while the gateway lives", async (site) => {
    const cuff = site.cuff({ afterConfirmation: "forgets" });
    for (let hours = 5; hours > 0; hours -= 1) cuff.measure(arm(110 + hours), hours * hourMs);
    const gateway = await site.gateway({ assigned: [cuff] });
    await gateway.pair(cuff.address, scriptedDialogue());
    await site.balances(5);
    cuff.measure(arm(131));
    await site.balances(6);
  });

  play("a transfer that is cut in the middle is finished at the next visit", async (site) => {
    const meter = site.meter();
    for (let hours = 20; hours > 0; hours -= 1) meter.measure(blood(80 + hours), hours * hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    site.air.command({ type: "cut-transfer", address: meter.address, afterValues: 11, before: "value" });
    await gateway.pair(meter.address, scriptedDialogue());
    await site.balances(20);
    expect(gateway.failures).toContain("link-lost");
  });

  play(
    "a cuff whose link is lost between a value and its confirmation shows it again, and it counts once",
    async (site) => {
      const cuff = site.cuff();
      for (let hours = 4; hours > 0; hours -= 1) cuff.measure(arm(110 + hours), hours * hourMs);
      const gateway = await site.gateway({ assigned: [cuff] });
      site.air.command({ type: "cut-transfer", address: cuff.address, afterValues: 2, before: "confirmation" });
      await gateway.pair(cuff.address, scriptedDialogue());
      await site.balances(4);
      expect(gateway.count("session-started")).toBeGreaterThan(1);
    },
  );

  play("a device that goes away is read when it is back", async (site) => {
    const meter = site.meter();
    meter.measure(blood(101), hourMs);
    const gateway = await site.gateway({ assigned: [meter] });
    await gateway.pair(meter.address, scriptedDialogue());
    await site.balances(1);
    site.air.command({ type: "vanish", address: meter.address });
    meter.measure(blood(102));
    site.air.command({ type: "return", address: meter.address });
    await site.balances(2);
  });

  play("two devices that are near at once are both read, and no reading goes to the wrong one", async (site) => {
    const meter = site.meter();
    const cuff = site.cuff();
    for (let hours = 8; hours > 0; hours -= 1) meter.measure(blood(80 + hours), hours * hourMs);
    for (let hours = 4; hours > 0; hours -= 1) cuff.measure(arm(110 + hours), hours * hourMs);
    const gateway = await site.gateway({ assigned: [meter, cuff] });
    await gateway.pair(meter.address, scriptedDialogue());
    await gateway.pair(cuff.address, scriptedDialogue());
    await site.balances(12);
    meter.measure(blood(99));
    cuff.measure(arm(140));
    await site.balances(14);
  });
};
