import { expect, test } from "vitest";
import type { StoredEvent } from "../../cloud-sync/ingest/sink.ts";
import type { Reading } from "../../cloud-sync/contract/reading.ts";
import { gatewayTopics } from "../../cloud-sync/contract/topics.ts";
import { consentEvent as consentEventOf } from "../../gateway/care/consent-event.ts";
import { verifyAudit } from "../../gateway/care/verify-audit.ts";
import { withdrawConsents } from "../../gateway/care/withdraw-consents.ts";
import type { Assignment, Store } from "../../gateway/store/store.ts";
import { consent, consentEvent, deedOf } from "../contracts/store-care.ts";
import { arm, assigned, assignmentOf, blood, placeCuff, placeMeter } from "./site-devices.ts";
import { openSite, type Site } from "./virtual-site.ts";

const eventsOf = (site: Site): Promise<readonly StoredEvent[]> => site.sink.events({ afterPosition: 0, limit: 100 });

const typesOf = async (site: Site): Promise<readonly string[]> => (await eventsOf(site)).map(({ type }) => type);

const innerOf = ({ body }: StoredEvent): unknown => Object(JSON.parse(body)).event;

/** The cloud tells the gateway something, and it is done. */
async function command(site: Site, said: object): Promise<void> {
  const payload = Buffer.from(JSON.stringify({ v: 1, ...said }));
  site.broker.publish({ topic: gatewayTopics("gw-0001").commands, payload, qos: 1, retain: false });
  await site.clock.advance(5_000);
}

test("what a person decides is told to the cloud at once, though nothing else is to be sent", async () => {
  const site = await openSite();
  const { store } = await site.gateway();
  await site.clock.advance(60_000);
  const given = { ...consentEvent(1, "given"), gateway: "gw-0001" };
  await store.record(deedOf([{ type: "consent", consent }], { events: [given] }));
  await site.clock.advance(100);
  expect((await eventsOf(site)).map(innerOf)).toEqual([given.event]);
  expect(await store.pendingEvents({ afterSeq: 0, limit: 10 })).toEqual([]);
});

test("what could not be sent yet is never sent when its person withdraws, and not collected again", async () => {
  const { site, store, meter } = await siteOfPerson();
  const refuse = { ...site.broker.faults };
  site.broker.faults.publish = ({ topic }) => (topic.endsWith("/readings") ? { answer: 0x97 } : {});
  meter.device.measure(blood(104));
  await site.clock.advance(60_000);
  expect(await store.counts()).toMatchObject({ waiting: 1 });
  const withdrawal = { person: "sim-0001", at: site.clock.now(), actor: "staff:desk", gateway: "gw-0001" };
  expect(await withdrawConsents(store, withdrawal)).toMatchObject({ removed: 1, withdrawn: ["consent-1"] });
  Object.assign(site.broker.faults, refuse);
  await site.clock.advance(600_000);
  expect(await site.delivered()).toEqual([]);
  const told = (await eventsOf(site)).map(innerOf);
  expect(told).toContainEqual(expect.objectContaining({ type: "consent", change: "withdrawn", removed: 1 }));
  expect(told).toContainEqual(expect.objectContaining({ type: "enrolment-ended" }));
  // The meter still has it, and would show it again.
  meter.device.measure(blood(105));
  await site.clock.advance(3 * 3_600_000);
  expect(await store.counts()).toMatchObject({ readings: 0, held: 0, waiting: 0 });
});

test("what the cloud asks for stands in the audit log, and its head reaches the cloud", async () => {
  const site = await openSite();
  const meter = placeMeter(site);
  const gateway = await site.gateway(assigned(meter));
  meter.device.measure(blood(104));
  await site.clock.advance(60_000);
  await command(site, { id: "c-1", name: "roster", roster: { version: 1, assignments: [] } });
  await command(site, { id: "c-2", name: "roster", roster: { version: 1, assignments: [] } });
  await command(site, { id: "c-3", name: "forget-device", device: meter.id });
  expect(await gateway.store.auditEntries({ afterSeq: 0, limit: 10 })).toMatchObject([
    { actor: "cloud", action: "roster-followed", subject: { version: 1 } },
    { actor: "cloud", action: "assignment-ended", subject: { device: meter.id, person: "sim-0001" } },
    { actor: "cloud", action: "device-forgotten", subject: { device: meter.id } },
  ]);
  expect(await typesOf(site)).toEqual([]);
  await site.clock.advance(15 * 60_000);
  const [head] = (await eventsOf(site)).map(innerOf);
  expect(head).toEqual({ type: "audit-head", ...(await gateway.store.auditHead()) });
  expect(await verifyAudit(gateway.store)).toMatchObject({ isWhole: true, entries: 3 });
});

/** A site whose meter is somebody's, and a gateway that reads it. */
async function siteOfPerson(): Promise<{ readonly site: Site; readonly store: Store; readonly meter: PlacedMeter }> {
  const site = await openSite();
  const meter = placeMeter(site);
  const { store } = await site.gateway({
    prepare: async (prepared) => {
      await prepared.savePerson({ reference: "sim-0001", createdAt: 0 });
      await prepared.record(deedOf([{ type: "consent", consent }]));
      await prepared.saveAssignment(assignmentOf(meter.id));
    },
  });
  return { site, store, meter };
}

type PlacedMeter = ReturnType<typeof placeMeter>;

async function advanceUntil(site: Site, isSo: () => Promise<boolean>): Promise<void> {
  for (let step = 0; !(await isSo()); step += 1) {
    if (step === 600) throw new Error("it does not come about");
    await site.clock.advance(100);
  }
}

const withdrawalIn = async (site: Site): Promise<StoredEvent | undefined> =>
  (await eventsOf(site)).find(({ body }) => body.includes('"withdrawn"'));

test("a reading that has arrived when its person withdraws, and has no receipt yet, stays where it is, once", async () => {
  const { site, store, meter } = await siteOfPerson();
  site.broker.faults.publish = ({ topic }) => (topic.endsWith("/receipts") ? { delayMs: 20_000 } : {});
  meter.device.measure(blood(104));
  await advanceUntil(site, async () => (await site.delivered()).length === 1);
  expect(await store.counts()).toMatchObject({ waiting: 1 });
  const at = site.clock.now();
  await withdrawConsents(store, { person: "sim-0001", at, actor: "staff:desk", gateway: "gw-0001" });
  expect(await withdrawalIn(site)).toBe(undefined);
  await site.clock.advance(600_000);
  const delivered = await site.delivered();
  expect(delivered.map(({ person }) => person)).toEqual(["sim-0001"]);
  expect(Date.parse(delivered[0]?.time.received ?? "")).toBeLessThanOrEqual(at);
  expect(JSON.parse((await withdrawalIn(site))?.body ?? "null")).toMatchObject({ at, event: { removed: 1 } });
  expect(await store.counts()).toMatchObject({ readings: 0, waiting: 0, deadLetters: 0 });
  expect(site.broker.violations()).toEqual([]);
});

test("a reading that was lost on its way when its person withdraws is not sent again", async () => {
  const { site, store, meter } = await siteOfPerson();
  let lost = 0;
  site.broker.faults.publish = ({ topic }) => {
    if (!topic.endsWith("/readings")) return {};
    lost += 1;
    return { deliveries: 0, answer: "none" };
  };
  meter.device.measure(blood(104));
  await advanceUntil(site, async () => lost === 1);
  const withdrawal = { person: "sim-0001", at: site.clock.now(), actor: "staff:desk", gateway: "gw-0001" };
  await withdrawConsents(store, withdrawal);
  site.broker.faults.publish = () => ({});
  site.broker.cut();
  await site.clock.advance(600_000);
  expect(lost).toBe(1);
  expect(await site.delivered()).toEqual([]);
  expect(JSON.parse((await withdrawalIn(site))?.body ?? "null")).toMatchObject({ event: { removed: 1 } });
});

test("after a withdrawal the person's device is not read any more, and is read again once they agree anew", async () => {
  const { site, store, meter } = await siteOfPerson();
  meter.device.measure(blood(101));
  await site.clock.advance(60_000);
  const withdrawal = { person: "sim-0001", at: site.clock.now(), actor: "staff:desk", gateway: "gw-0001" };
  await withdrawConsents(store, withdrawal);
  meter.device.measure(blood(102));
  await site.clock.advance(3 * 3_600_000);
  expect(await store.counts()).toMatchObject({ readings: 1, held: 0 });
  const fromAt = site.clock.now();
  const anew = { ...consent, id: "consent-2", givenAt: fromAt };
  const assignment = assignmentOf(meter.id, { id: "assignment-2", consent: "consent-2", fromAt });
  const given = consentEventOf({ gateway: "gw-0001", at: fromAt }, anew, "given");
  const agreed = [
    { type: "consent", consent: anew },
    { type: "assignment", assignment },
  ] as const;
  await store.record(deedOf(agreed, { events: [given] }));
  await site.clock.advance(60_000);
  meter.device.measure(blood(103));
  await site.clock.advance(2 * 3_600_000);
  const delivered = await site.delivered();
  expect(delivered.map((reading) => [reading.person, valueOf(reading)])).toEqual([
    ["sim-0001", "101"],
    ["sim-0001", "103"],
  ]);
  // What was measured while nothing was agreed to is nobody's, and staff decide.
  const held = await store.readings({ state: "held", limit: 10 });
  expect(held.map(({ reading }) => [reading.person, valueOf(reading)])).toEqual([[null, "102"]]);
  const changes = (await eventsOf(site)).map(innerOf).filter((event) => Object(event).type === "consent");
  expect(changes).toMatchObject([
    { consent: "consent-1", change: "withdrawn", removed: 0 },
    { consent: "consent-2", change: "given" },
  ]);
});

test("after one user of a cuff has withdrawn, nothing of theirs is kept, and the other's readings go on", async () => {
  const site = await openSite();
  const cuff = placeCuff(site, { afterConfirmation: "shows-again" });
  const ofSlot = (userSlot: number, person: string): Assignment =>
    assignmentOf(cuff.id, { id: `assignment-${userSlot}`, userSlot, person, consent: `consent-${userSlot}` });
  const { store } = await site.gateway({
    prepare: async (prepared) => {
      await prepared.record(deedOf([{ type: "consent", consent }]));
      for (const each of [ofSlot(1, "sim-0001"), ofSlot(2, "sim-0002")]) await prepared.saveAssignment(each);
    },
  });
  const measure = async (userSlot: number, systolic: number): Promise<void> => {
    cuff.device.measure(arm(systolic, { userSlot }));
    await site.clock.advance(5 * 60_000);
  };
  await measure(1, 121);
  await measure(2, 132);
  const withdrawal = { person: "sim-0001", at: site.clock.now(), actor: "staff:desk", gateway: "gw-0001" };
  await withdrawConsents(store, withdrawal);
  await site.clock.advance(60_000);
  await measure(1, 123);
  await measure(2, 134);
  await site.clock.advance(3 * 3_600_000);
  const delivered = await site.delivered();
  expect(delivered.map(({ person, userSlot }) => [person, userSlot])).toEqual([
    ["sim-0001", 1],
    ["sim-0002", 2],
    ["sim-0002", 2],
  ]);
  expect(await store.counts()).toMatchObject({ readings: 3, held: 0, waiting: 0, quarantined: 0 });
});

const valueOf = (reading: Reading): string =>
  reading.kind === "glucose" && "value" in reading.concentration ? reading.concentration.value : "?";
