import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { busDaemon, openBluezBus } from "../../../../gateway/radio/bluez/bluez-bus.ts";
import { Probe, probeCharacteristics as gatt } from "../../../contracts/gatt-link-probe.ts";
import { soon, take } from "../../../contracts/gatt-stage.ts";
import { startBluezRig } from "./bluez-rig.ts";

const cycles = 200;
const stats = z.record(z.string(), z.array(z.string()));

test(
  `${cycles} sessions leave no match rule, no listener, no timer and no socket behind`,
  { timeout: 60_000 },
  async () => {
    const rig = await startBluezRig();
    onTestFinished(() => rig.stop());
    const { air, bus, radio } = rig;
    const observer = await openBluezBus(bus);
    onTestFinished(() => observer.close());
    const matchRules = async (): Promise<number> => {
      const request = { ...busDaemon, interface: "org.freedesktop.DBus.Debug.Stats", member: "GetAllMatchRules" };
      const [rules] = await observer.call(request, soon());
      return Object.values(stats.parse(rules)).flat().length;
    };
    const probe = new Probe();
    air.add(probe);
    const session = async (): Promise<void> => {
      const link = await radio.connect(probe.address, soon());
      const pressure = await link.subscribe(gatt.pressure, soon());
      probe.indicate(1);
      expect(await take(pressure, 1)).toEqual([1]);
      await link.close();
    };
    for (let warm = 0; warm < 5; warm += 1) await session();
    const before = { rules: await matchRules(), handles: process.getActiveResourcesInfo().length };
    for (let cycle = 0; cycle < cycles; cycle += 1) await session();
    expect(await matchRules()).toBe(before.rules);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before.handles + 3);
  },
);
