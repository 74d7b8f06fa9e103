import { expect } from "vitest";
import { justWorks, type PairingTraits } from "../../../simulators/peripherals/pairing-traits.ts";
import { scriptedDialogue } from "../../contracts/scripted-dialogue.ts";
import { blood } from "../site-devices.ts";
import { until } from "./radio-site.ts";
import type { Scenarios } from "./scenario.ts";

/** How the neighbours' meters pair: each ends a visit of somebody who may not in a way of its own. */
const ways: readonly Partial<PairingTraits>[] = [
  {},
  { io: "display-only", mitm: true },
  { io: "display-yes-no", mitm: true },
  { requestsSecurity: true },
];

/** Neighbours' devices, which are always there, and which nobody has paired. */
export const strangerScenarios: Scenarios = (play) => {
  play(
    "strangers that want a pairing are left alone after a few looks, and one is read once it is paired",
    async (site) => {
      const strangers = ways.map((way, index) =>
        site.meter({ pairing: { ...justWorks, ...way } }, `C0:00:00:00:01:0${index}`),
      );
      const ours = site.meter({}, "C0:00:00:00:00:03");
      for (const device of [...strangers, ours]) device.measure(blood(104), 3_600_000);
      const gateway = await site.gateway({ collect: { devices: "known" }, assigned: [...strangers, ours] });
      const told = (event: string): number => site.log.lines.filter((line) => line.event === event).length;
      await until(() => told("device-not-ours") === strangers.length + 1);
      const looks = told("device-untold");
      expect(looks).toBeLessThanOrEqual(2 * (strangers.length + 1));
      await gateway.pair(ours.address, scriptedDialogue());
      await site.balances(1);
      // Ours is visited again and again meanwhile, and so would they be.
      const sessions = gateway.count("session-ended");
      await until(() => gateway.count("session-ended") >= sessions + 2);
      expect([told("device-not-ours"), told("device-untold")]).toEqual([strangers.length + 1, looks]);
      expect(gateway.failures).toEqual([]);
      expect((await site.stage.radio.bonds()).map(({ address }) => address)).toEqual([ours.address]);
      const [, , mine] = strangers;
      if (mine === undefined) throw new RangeError("there are no strangers");
      await gateway.pair(mine.address, scriptedDialogue());
      await site.balances(2);
    },
  );
};
