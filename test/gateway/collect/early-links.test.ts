import { expect, test } from "vitest";
import type { Advertisement } from "../../../device-drivers/ports/gatt.ts";
import { EarlyLinks } from "../../../gateway/collect/early-links.ts";
import { createVirtualAir } from "../../../simulators/air/virtual-air.ts";
import { createVirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { GlucoseMeter, plainGlucoseMeter } from "../../../simulators/peripherals/glucose-meter.ts";
import { identityOf } from "../../scenarios/site-devices.ts";

const address = "C0:00:00:00:00:01";
const heard: Advertisement = { address, addressKind: "random-static", name: "Meter", services: ["1808"], rssiDbm: -60 };

function stage() {
  const clock = createVirtualClock(0);
  const air = createVirtualAir({ clock, seed: 1 });
  const identity = identityOf(address, "Meter");
  const meter = new GlucoseMeter({ clock, observe: () => undefined }, { ...plainGlucoseMeter, identity });
  air.add(meter);
  meter.wake();
  const taken = new Set<string>();
  const links = new EarlyLinks({
    radio: air.radio,
    clock,
    options: { earlyLinksMax: 2, earlyLinkMs: 60_000 },
    isTaken: (wanted) => taken.has(wanted),
    onOpen: () => undefined,
    onGone: () => undefined,
  });
  return { clock, air, links, taken };
}

test("a connection that is held early is ended for whoever wants to pair the device, and taken up no more until then", async () => {
  const { clock, air, links, taken } = stage();
  links.open(heard, true);
  await clock.advance(1_000);
  expect([links.has(address), air.isAdvertising(address)]).toEqual([true, false]);
  taken.add(address);
  await clock.runUntil(links.letGo(address));
  expect([links.has(address), air.isAdvertising(address)]).toEqual([false, true]);
  links.open(heard, true);
  expect(links.has(address)).toBe(false);
  taken.delete(address);
  links.open(heard, true);
  expect(links.has(address)).toBe(true);
  await clock.runUntil(links.close());
});

test("to let go of a device that nobody holds is nothing", async () => {
  const { links } = stage();
  await expect(links.letGo(address)).resolves.toBeUndefined();
});
