import { expect, test } from "vitest";
import type { GattLink, GattSubscription } from "../../../device-drivers/ports/gatt.ts";
import { type AirFaults, crowdedAir } from "../../../simulators/air/air-faults.ts";
import { createVirtualAir, type LinkEvent, type VirtualAir } from "../../../simulators/air/virtual-air.ts";
import { createVirtualClock, type VirtualClock } from "../../../simulators/clock/virtual-clock.ts";
import { Probe, probeCharacteristics as gatt } from "../../contracts/gatt-link-probe.ts";

const never = new AbortController().signal;

interface Stage {
  readonly clock: VirtualClock;
  readonly air: VirtualAir;
  readonly probe: Probe;
  readonly link: GattLink;
  readonly glucose: GattSubscription;
}

async function stage(faults: Partial<AirFaults> = {}, seed = 1): Promise<Stage> {
  const clock = createVirtualClock(0);
  const air = createVirtualAir({ clock, seed, faults });
  const probe = new Probe();
  air.add(probe);
  const link = await clock.runUntil(air.radio.connect(probe.address, never));
  const glucose = await clock.runUntil(link.subscribe(gatt.glucose, never));
  return { clock, air, probe, link, glucose };
}

/** Every value until the link is lost or the device has nothing more in the air. */
async function heard({ clock, glucose }: Stage): Promise<readonly number[]> {
  const values: number[] = [];
  const ending = new AbortController();
  const taking = (async () => {
    for (;;) values.push(...(await glucose.next(ending.signal)));
  })().catch(() => undefined);
  await clock.advance(60_000);
  ending.abort();
  await clock.runUntil(taking);
  return values;
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

test("a command drops the next notifications, or doubles them, and no more", async () => {
  const dropping = await stage();
  dropping.air.command({ type: "drop-notifications", address: dropping.probe.address, count: 2 });
  dropping.probe.notify(1, 2, 3, 4);
  expect(await heard(dropping)).toEqual([3, 4]);
  expect(dropping.probe.deliveries).toEqual(["lost", "lost", "handed-over", "handed-over"]);
  const repeating = await stage();
  repeating.air.command({ type: "repeat-notifications", address: repeating.probe.address, count: 1 });
  repeating.probe.notify(1, 2);
  expect(await heard(repeating)).toEqual([1, 1, 2]);
});

test("an indication is never dropped and never doubled", async () => {
  const { clock, air, probe, link } = await stage({ notificationLoss: 1, notificationReplay: 1 });
  air.command({ type: "drop-notifications", address: probe.address, count: 5 });
  const pressure = await link.subscribe(gatt.pressure, never);
  probe.indicate(1, 2, 3);
  const values = [];
  for (let taken = 0; taken < 3; taken += 1) values.push(...(await clock.runUntil(pressure.next(never))));
  expect(values).toEqual([1, 2, 3]);
});

test("a delayed value holds back those behind it, so that their order stays", async () => {
  const held = await stage();
  held.air.command({ type: "delay-values", address: held.probe.address, count: 1, delayMs: 5_000 });
  held.probe.notify(1, 2);
  await held.clock.advance(4_999);
  expect(held.probe.deliveries).toEqual([]);
  expect(await heard(held)).toEqual([1, 2]);
});

test("a transfer that is cut has shown what was before the cut", async () => {
  const cut = await stage();
  cut.air.command({ type: "cut-transfer", address: cut.probe.address, afterValues: 2, before: "value" });
  cut.probe.notify(1, 2, 3, 4);
  expect(await heard(cut)).toEqual([1, 2]);
  expect(cut.probe.deliveries).toEqual(["handed-over", "handed-over", "link-ended", "link-ended"]);
});

test("faults happen about as often as declared", async () => {
  const sent = 4_000;
  const lossy = await stage({ notificationLoss: 0.1, notificationReplay: 0.05 });
  for (const number of numbers(sent)) lossy.probe.notify(number % 256);
  const values = await heard(lossy);
  const lost = lossy.probe.deliveries.filter((delivery) => delivery === "lost").length;
  expect(lost / sent).toBeGreaterThan(0.08);
  expect(lost / sent).toBeLessThan(0.12);
  const doubled = values.length - (sent - lost);
  expect(doubled / sent).toBeGreaterThan(0.03);
  expect(doubled / sent).toBeLessThan(0.06);
});

test("the same seed fails in the same way, another in another", async () => {
  const life = async (seed: number): Promise<readonly number[]> => {
    const lossy = await stage({ notificationLoss: 0.3 }, seed);
    lossy.probe.notify(...numbers(100));
    return await heard(lossy);
  };
  const first = await life(5);
  expect(await life(5)).toEqual(first);
  expect(await life(6)).not.toEqual(first);
});

test("what other devices do changes nothing on the way to this one", async () => {
  const life = async (withNeighbour: boolean): Promise<readonly number[]> => {
    const lossy = await stage({ notificationLoss: 0.3 });
    if (withNeighbour) {
      const neighbour = new Probe("C0:FF:EE:00:00:99");
      lossy.air.add(neighbour);
      const link = await lossy.air.radio.connect(neighbour.address, never);
      await link.subscribe(gatt.glucose, never);
      neighbour.notify(...numbers(50));
    }
    lossy.probe.notify(...numbers(100));
    return await heard(lossy);
  };
  expect(await life(true)).toEqual(await life(false));
});

test("a crowded air takes its time, and every operation ends", async () => {
  const clock = createVirtualClock(0);
  const air = createVirtualAir({ clock, seed: 3, faults: crowdedAir });
  const outcomes = new Map<string, number>();
  const attempt = async (probe: Probe): Promise<string> => {
    const link = await air.radio.connect(probe.address, never);
    try {
      for (let reading = 0; reading < 20; reading += 1) await link.read(gatt.model, never);
      return "done";
    } finally {
      await link.close();
    }
  };
  for (const index of numbers(200)) {
    const probe = new Probe(`C0:FF:EE:00:01:${index.toString(16).padStart(2, "0").toUpperCase()}`);
    air.add(probe);
    const outcome = await clock.runUntil(attempt(probe).catch((error: { readonly code: string }) => error.code));
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect([...outcomes.keys()].toSorted()).toEqual(["connect-refused", "connect-timeout", "done", "link-lost"]);
  expect(outcomes.get("done") ?? 0).toBeGreaterThan(130);
  expect(clock.monotonicMs()).toBeGreaterThan(150_000);
});

test("a device that floods a client which takes nothing is held back", async () => {
  const flooded = await stage();
  flooded.probe.notify(...numbers(10_000).map((number) => number % 256));
  await flooded.clock.settle();
  expect(flooded.probe.deliveries).toHaveLength(4_096);
  expect(await heard(flooded)).toHaveLength(10_000);
});

test("whoever watches is told of every link, and why it ended", async () => {
  const clock = createVirtualClock(0);
  const links: LinkEvent[] = [];
  const air = createVirtualAir({ clock, seed: 1, watch: (event) => links.push(event) });
  const probe = new Probe();
  air.add(probe);
  await (await air.radio.connect(probe.address, never)).close();
  await air.radio.connect(probe.address, never);
  air.remove(probe.address);
  expect(links.map(({ type, reason }) => [type, reason])).toEqual([
    ["connected", null],
    ["disconnected", "the link was closed"],
    ["connected", null],
    ["disconnected", "the device was taken away"],
  ]);
});

test("a command for a device that is not there is misuse", () => {
  const air = createVirtualAir({ clock: createVirtualClock(0), seed: 1 });
  expect(() => air.command({ type: "vanish", address: "C0:FF:EE:00:00:42" })).toThrow(
    expect.objectContaining({ code: "misuse" }),
  );
});
