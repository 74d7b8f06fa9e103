import { expect, test } from "vitest";
import { command, type Command } from "../../cloud-sync/contract/control.ts";
import { messageData } from "../../cloud-sync/contract/message-data.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import type { BloodPressureCuff } from "../../simulators/peripherals/blood-pressure-cuff.ts";
import {
  enrolAtKiosk,
  type HandOverSite,
  hubName,
  openHandOver,
  systolics,
  withdrawAtKiosk,
} from "./hand-over-site.ts";
import { arm, identityOf, placeCuff, type Placed } from "./site-devices.ts";
import type { VirtualGateway } from "./virtual-site.ts";

const second = 1_000;
const minute = 60 * second;

const newCuff = (site: HandOverSite): Placed<BloodPressureCuff> =>
  placeCuff(site, { afterConfirmation: "shows-again", wakefulness: { afterUseMs: 20_000, periodic: null } });

function takeHome(site: HandOverSite, { device }: Placed<BloodPressureCuff>): void {
  site.air.remove(device.address);
  site.homeAir.add(device);
}

/** What every hand-over ends with: each reading once, all of the one person, and nothing that a broker would complain of. */
async function expectBooks(site: HandOverSite, values: readonly string[]): Promise<void> {
  const delivered = await site.delivered();
  expect(systolics(delivered)).toEqual(values);
  expect(new Set(delivered.map(({ id }) => id)).size).toBe(values.length);
  expect(delivered.map(({ person }) => person)).toEqual(values.map(() => "sim-0001"));
  expect(await site.sink.counts()).toMatchObject({ deadLetters: 0 });
  expect(site.broker.violations()).toEqual([]);
}

interface CuffInUse {
  readonly site: HandOverSite;
  readonly kiosk: VirtualGateway;
  readonly hub: VirtualGateway;
  readonly cuff: Placed<BloodPressureCuff>;
}

/** A store and a home, and a cuff that was enrolled and used in the store. */
async function cuffInUse(): Promise<CuffInUse> {
  const site = await openHandOver();
  await site.ingestor("one");
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  await site.clock.advance(minute);
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  await site.clock.advance(minute);
  cuff.device.measure(arm(121));
  await site.clock.advance(minute);
  return { site, kiosk, hub, cuff };
}

test("a cuff that is enrolled at the kiosk is read at home, where nobody ever met it, until the consent is withdrawn", async () => {
  const { site, kiosk, hub, cuff } = await cuffInUse();
  await expectBooks(site, ["121"]);
  expect(await hub.store.assignments()).toMatchObject([{ deviceId: cuff.id, person: "sim-0001", source: "roster" }]);

  takeHome(site, cuff);
  await site.clock.advance(10 * minute);
  cuff.device.measure(arm(132));
  await site.clock.advance(minute);
  await expectBooks(site, ["121", "132"]);
  // The one that was taken in the store was read at home too, under the same id, and counted once.
  expect((await hub.store.counts()).readings).toBe(2);
  expect((await hub.store.auditEntries({ afterSeq: 0, limit: 10 })).map(({ action }) => action)).toContain(
    "roster-followed",
  );

  await withdrawAtKiosk(kiosk.store, site.clock.now());
  await site.clock.advance(minute);
  expect(await hub.store.assignments()).toEqual([]);
  cuff.device.measure(arm(143));
  await site.clock.advance(3 * 60 * minute);
  await expectBooks(site, ["121", "132"]);
  expect((await hub.store.counts()).readings).toBe(2);
});

test.each(["kiosk-0001", hubName])(
  "a cuff that %s is told from afar to forget is nobody's at home any more",
  async (teller) => {
    const { site, hub, cuff } = await cuffInUse();
    takeHome(site, cuff);
    await site.clock.advance(10 * minute);
    expect(await hub.store.assignments()).toMatchObject([{ deviceId: cuff.id }]);
    const payload = Buffer.from(JSON.stringify({ v: 1, id: "c-1", name: "forget-device", device: cuff.id }));
    site.broker.publish({ topic: gatewayTopics(teller).commands, payload, qos: 1, retain: false });
    await site.clock.advance(5 * minute);
    expect(await hub.store.assignments()).toEqual([]);
    expect((await site.sink.rosters.roster(hubName))?.assignments).toEqual([]);
    cuff.device.measure(arm(132));
    await site.clock.advance(3 * 60 * minute);
    await expectBooks(site, ["121"]);
  },
);

test("a neighbour's cuff at home is nobody's business, before the roster and after it", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  const neighbours = placeCuff({ air: site.homeAir, clock: site.clock }, {}, "C0:00:00:00:00:77");
  neighbours.device.measure(arm(177));
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  takeHome(site, cuff);
  await site.clock.advance(minute);
  neighbours.device.measure(arm(178));
  cuff.device.measure(arm(121));
  await site.clock.advance(5 * minute);
  await expectBooks(site, ["121"]);
  expect((await hub.store.devices()).map(({ id }) => id)).toEqual([cuff.id]);
});

test("a hub that is offline when the device is enrolled gets its roster when it comes, and reads what it missed", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const kiosk = await site.kiosk();
  const cuff = newCuff(site);
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  takeHome(site, cuff);
  await site.clock.advance(minute);
  cuff.device.measure(arm(121));
  await site.clock.advance(3 * 60 * minute);
  const hub = await site.hub();
  await site.clock.advance(minute);
  cuff.device.measure(arm(132));
  await site.clock.advance(minute);
  await expectBooks(site, ["121", "132"]);
  await hub.stop();
  await withdrawAtKiosk(kiosk.store, site.clock.now());
  await site.clock.advance(60 * minute);
  const again = await site.hub({ path: hub.path });
  await site.clock.advance(minute);
  expect(await again.store.assignments()).toEqual([]);
});

test("a broker that is restarted between the enrolment and the roster, and forgets all it had, holds nothing up for long", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  await site.clock.advance(minute);
  site.broker.stop({ forget: true });
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  await site.clock.advance(10 * minute);
  site.broker.start();
  await site.clock.advance(10 * minute);
  expect(await hub.store.rosterVersion()).toBe((await site.sink.rosters.roster(hubName))?.version);
  takeHome(site, cuff);
  cuff.device.measure(arm(121));
  await site.clock.advance(minute);
  await expectBooks(site, ["121"]);
});

test("an ingestor that is killed between the event and the roster leaves the roster to the next one", async () => {
  const site = await openHandOver();
  const first = await site.ingestor("one", { sendsNoRosters: true });
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  await site.clock.advance(minute);
  await first.stop();
  expect((await site.sink.events({ afterPosition: 0, limit: 10 })).map(({ type }) => type)).toContain("enrolment");
  expect(await hub.store.assignments()).toEqual([]);
  await site.ingestor("two");
  await site.clock.advance(minute);
  expect(await hub.store.assignments()).toMatchObject([{ deviceId: cuff.id }]);
});

test("events that come twice and rosters that come twice, late and in the wrong order change nothing", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const heard: Command[] = [];
  site.broker.subscribe(gatewayTopics(hubName).commands, ({ payload }) => {
    heard.push(command.parse(messageData("commands", payload)));
  });
  site.broker.faults.publish = ({ topic }) => (/events|commands/.test(topic) ? { deliveries: 2 } : {});
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  await site.clock.advance(minute);
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  await site.clock.advance(minute);
  const early = heard.find(({ name }) => name === "roster");
  await withdrawAtKiosk(kiosk.store, site.clock.now());
  await site.clock.advance(minute);
  for (const old of [...heard, early].toReversed()) {
    if (old === undefined) continue;
    const payload = new TextEncoder().encode(JSON.stringify({ ...old, id: `again-${heard.length}-${old.id}` }));
    site.broker.publish({ topic: gatewayTopics(hubName).commands, payload, qos: 1, retain: false });
    await site.clock.advance(second);
  }
  takeHome(site, cuff);
  cuff.device.measure(arm(121));
  await site.clock.advance(5 * minute);
  expect(await hub.store.assignments()).toEqual([]);
  await expectBooks(site, []);
});

test("two ingestors send the same roster, and neither disturbs the other", async () => {
  const site = await openHandOver();
  const [one, two] = [await site.ingestor("one"), await site.ingestor("two")];
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  await site.clock.advance(minute);
  const followed: (number | null)[] = [];
  for (let round = 0; round < 5; round += 1) {
    await enrolAtKiosk(kiosk.store, `serial:${round}`, site.clock.now());
    await site.clock.advance(minute);
    followed.push(await hub.store.rosterVersion());
  }
  expect(followed).toEqual([...new Set(followed)].toSorted((a, b) => Number(a) - Number(b)));
  expect(await hub.store.assignments()).toHaveLength(5);
  const before = [one, two].map(({ log }) => log.lines.filter(({ event }) => event === "roster-sent").length);
  await site.clock.advance(60 * minute);
  const after = [one, two].map(({ log }) => log.lines.filter(({ event }) => event === "roster-sent").length);
  expect(after).toEqual(before);
  expect(Math.max(...after)).toBeGreaterThan(0);
  expect(cuff.journal).toEqual([]);
});

test("a hub that lost its store, or whose roster was lost on the way, gets it again", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const kiosk = await site.kiosk();
  const cuff = newCuff(site);
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  let lost = 3;
  site.broker.faults.publish = ({ topic }) => (topic.endsWith("commands") && lost-- > 0 ? { deliveries: 0 } : {});
  const hub = await site.hub();
  await site.clock.advance(5 * minute);
  expect(lost).toBeLessThan(0);
  expect(await hub.store.assignments()).toHaveLength(1);
  await hub.stop();
  const replaced = await site.hub({ path: `${hub.path}-new` });
  await site.clock.advance(minute);
  expect(await replaced.store.assignments()).toMatchObject([{ deviceId: cuff.id }]);
});

test("a cuff that wants to be paired at home is told of in plain words, and read once it is", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuff = newCuff(site);
  await enrolAtKiosk(kiosk.store, cuff.id, site.clock.now());
  takeHome(site, cuff);
  site.homeAir.command({ type: "forget-bond", address: cuff.device.address });
  await site.clock.advance(minute);
  cuff.device.measure(arm(121));
  await site.clock.advance(5 * minute);
  await expectBooks(site, []);
  expect(hub.events.findLast(({ type }) => type === "bond")).toMatchObject({
    state: "none",
    name: "Cuff",
    told: expect.stringMatching(/pair/i),
  });
  expect(await hub.store.bonds()).toMatchObject([{ deviceId: null, state: "none" }]);
  site.homeAir.command({ type: "pair", address: cuff.device.address });
  await site.clock.advance(60 * minute);
  cuff.device.measure(arm(132));
  await site.clock.advance(5 * minute);
  await expectBooks(site, ["121", "132"]);
});

test("cuffs of one name that hide their addresses as well are told of as one, whichever is heard", async () => {
  const site = await openHandOver();
  await site.ingestor("one");
  const [kiosk, hub] = [await site.kiosk(), await site.hub()];
  const cuffs = ["C0:00:00:00:00:31", "C0:00:00:00:00:32"].map((address) => {
    const identity = { ...identityOf(address, "Cuff"), addressKind: "random-private" as const };
    return placeCuff(site, { identity }, address);
  });
  const [cuff] = cuffs;
  await enrolAtKiosk(kiosk.store, cuff?.id ?? "", site.clock.now());
  for (const each of cuffs) {
    takeHome(site, each);
    site.homeAir.command({ type: "forget-bond", address: each.device.address });
    await site.clock.advance(minute);
    each.device.measure(arm(121));
    await site.clock.advance(5 * minute);
    expect(await hub.store.bonds()).toMatchObject([{ address: each.device.address, deviceId: null, state: "none" }]);
  }
  expect(hub.events.filter(({ type }) => type === "bond")).toHaveLength(1);
});
