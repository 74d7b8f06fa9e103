import { expect, test } from "vitest";
import type { VirtualPeripheral } from "../../simulators/peripherals/virtual-peripheral.ts";
import { assignmentOf, blood, placeMeter } from "./site-devices.ts";
import { openSite } from "./virtual-site.ts";

const minute = 60_000;

test("a meter that has lost its key is told of once in plain words, and nothing of it is lost", async () => {
  const site = await openSite();
  const { device, id } = placeMeter(site, { wakefulness: { afterUseMs: 86_400_000, periodic: null } });
  device.measure(blood(100));
  const { events } = await site.gateway({ prepare: (store) => store.saveAssignment(assignmentOf(id)) });
  await site.clock.advance(minute);
  site.air.command({ type: "forget-bond", address: device.address });
  device.measure(blood(110));
  await site.clock.advance(30 * minute);
  const told = events.filter(({ type }) => type === "bond");
  expect(told).toMatchObject([{ state: "lost", deviceId: id, told: expect.stringContaining("Pair it again") }]);
  site.air.command({ type: "pair", address: device.address });
  await site.clock.advance(90 * minute);
  expect(events.findLast(({ type }) => type === "bond")).toMatchObject({ state: "bonded", deviceId: id });
  expect(await site.delivered()).toHaveLength(2);
});

test("a device with another GATT table under the same key and identity is set aside, whole", async () => {
  const site = await openSite();
  const { device, id } = placeMeter(site, { wakefulness: { afterUseMs: 86_400_000, periodic: null } });
  device.measure(blood(100));
  const { store } = await site.gateway({ prepare: (kept) => kept.saveAssignment(assignmentOf(id)) });
  await site.clock.advance(minute);
  expect(await site.delivered()).toHaveLength(1);
  device.measure(blood(300));
  site.air.remove(device.address);
  site.air.add(withMore(device));
  await site.clock.advance(30 * minute);
  expect(await site.delivered()).toHaveLength(1);
  const aside = await store.quarantined({ afterId: 0, limit: 10 });
  expect(aside.map(({ reason }) => reason)).toContain("identity-doubtful");
});

/** The same device, as it says; but for a characteristic that it did not have. */
function withMore(device: VirtualPeripheral): VirtualPeripheral {
  const more = { service: "1808", uuid: "2A99", handle: 0x7f, properties: ["write"] as const };
  return {
    address: device.address,
    addressKind: device.addressKind,
    name: device.name,
    services: device.services,
    characteristics: [...device.characteristics, more],
    requiresBond: device.requiresBond,
    isAdvertising: () => device.isAdvertising(),
    accept: (link) => device.accept(link),
  };
}
