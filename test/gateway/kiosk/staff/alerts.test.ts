import { expect, test } from "vitest";
import { alertsOf, type Condition, limits } from "../../../../gateway/kiosk/staff/alerts.ts";
import { lookUp } from "../../../../gateway/kiosk/staff/gateway-condition.ts";
import { createHubDesk, type RunningHubDesk } from "../../../../gateway/kiosk/staff/create-hub-desk.ts";
import { hubView } from "../../../../gateway/kiosk/contract/hub-view.ts";
import type { DeviceBond } from "../../../../gateway/store/store.ts";
import { glucose } from "../../../cloud-sync/ingest/sample-readings.ts";
import { scriptedRadio, type ScriptedRadio } from "../../../doubles/scripted-radio.ts";
import { arm, assignmentOf, placeCuff } from "../../../scenarios/site-devices.ts";
import { type GatewaySetup, openSite, type Site } from "../../../scenarios/virtual-site.ts";
import { deviceRow, heldReading, holdReadings, type StaffRig, staffRig } from "./staff-rig.ts";

const codes = async (rig: StaffRig): Promise<readonly string[]> => (await rig.view()).alerts.map(({ code }) => code);

test("where nothing is wrong, staff see that everything is all right", async () => {
  const rig = await staffRig();
  const cuff = placeCuff(rig.site);
  await rig.run(rig.store.savePerson({ reference: "sim-0002", createdAt: 0 }));
  await rig.run(rig.store.saveAssignment(assignmentOf(cuff.id, { person: "sim-0002" })));
  cuff.device.measure(arm(128));
  await rig.site.clock.advance(20_000);
  const view = await rig.view();
  expect(view).toMatchObject({ verdict: "all-right", alerts: [], clock: "trusted", radio: { condition: "up" } });
  expect(view.uplink).toMatchObject({ state: "connected", waiting: 0 });
  expect(view.uplink.lastDeliveredAt).not.toBeNull();
  expect(view.devices).toMatchObject([{ id: cuff.id, kind: "blood-pressure-monitor", assignments: 1 }]);
});

test("devices in range are shown by their drivers, a known one by its id, and no address leaves the desk", async () => {
  const rig = await staffRig();
  const cuff = placeCuff(rig.site);
  await rig.run(rig.store.savePerson({ reference: "sim-0002", createdAt: 0 }));
  await rig.run(rig.store.saveAssignment(assignmentOf(cuff.id, { person: "sim-0002" })));
  cuff.device.measure(arm(128));
  await rig.site.clock.advance(10_000);
  const view = await rig.view();
  expect(view.near).toMatchObject([{ driver: "blood-pressure", deviceId: cuff.id }]);
  expect(view.devices[0]?.rssiDbm).not.toBeNull();
  expect(JSON.stringify(view)).not.toContain(cuff.device.address);
  await rig.site.clock.advance(120_000);
  expect((await rig.view()).near).toEqual([]);
});

test("a radio that is pulled out is urgent, and no longer when it is back", async () => {
  const radios: ScriptedRadio[] = [];
  const rig = await staffRig({
    setup: (site) => {
      const radio = scriptedRadio(site.clock);
      radios.push(radio);
      return { radios: [radio] };
    },
  });
  await rig.site.clock.advance(30_000);
  expect(await codes(rig)).toEqual([]);
  radios[0]?.pullOut();
  await rig.site.clock.advance(60_000);
  expect(await rig.view()).toMatchObject({ verdict: "urgent", alerts: [{ code: "radio-down", level: "urgent" }] });
  radios[0]?.plugIn();
  await rig.site.clock.advance(60_000);
  expect(await codes(rig)).toEqual([]);
});

test("a radio that hears nothing, whatever was done, wants a look", async () => {
  const radios: ScriptedRadio[] = [];
  const rig = await staffRig({
    setup: (site) => {
      const radio = scriptedRadio(site.clock);
      radios.push(radio);
      return { radios: [radio] };
    },
  });
  radios[0]?.neighbours(false);
  await rig.site.clock.advance(15 * 60_000);
  expect(await codes(rig)).toEqual(["radio-silent"]);
});

test("a connection that is away for long wants a look, until it is back", async () => {
  const rig = await staffRig(neighbourhood);
  await rig.site.clock.advance(5_000);
  rig.site.broker.stop();
  await rig.site.clock.advance(limits.awayMsMax - 60_000);
  expect(await codes(rig)).toEqual([]);
  await rig.site.clock.advance(120_000);
  expect(await rig.view()).toMatchObject({ verdict: "attention", alerts: [{ code: "uplink-away" }] });
  rig.site.broker.start();
  await rig.site.clock.advance(60_000);
  expect(await codes(rig)).toEqual([]);
});

test("readings for which no receipt comes are told, and those that were rejected", async () => {
  const rig = await staffRig(neighbourhood);
  rig.site.broker.faults.publish = () => ({ deliveries: 0 });
  const reading = glucose(7);
  const entry = { lane: "fresh", disposition: "deliver", bootId: "boot-1", receivedMonotonicMs: 0 } as const;
  await rig.run(rig.store.add({ reading, ...entry }));
  await rig.site.clock.advance(limits.waitedMsMax + 60_000);
  expect(await rig.view()).toMatchObject({ alerts: [{ code: "backlog-old" }], uplink: { waiting: 1 } });
  const page = await rig.run(rig.store.page({ lane: "fresh", afterSeq: 0, readingsMax: 1, bytesMax: 60_000 }));
  const seq = page?.seqs[0] ?? 0;
  await rig.run(rig.store.settle([{ lane: "fresh", fate: "rejected", seq, code: "reading-invalid", reason: "test" }]));
  expect(await rig.view()).toMatchObject({ alerts: [{ code: "dead-letters" }], uplink: { deadLetters: 1 } });
});

test("what cannot wait is urgent and comes first", async () => {
  const rig = await staffRig(neighbourhood);
  const watch = { awaySinceMs: (): null => null };
  const place = { sources: rig.sources, watch, quotaBytes: null, auditFault: null };
  const { condition } = await rig.run(lookUp(place));
  const { now, counts } = condition;
  const told = (changes: Partial<Condition>): readonly (readonly string[])[] =>
    alertsOf({ ...condition, ...changes }).map(({ code, level }) => [code, level]);
  expect(told({})).toEqual([]);
  expect(told({ connection: null, awayMs: limits.awayUrgentMsMax })).toEqual([["uplink-away", "urgent"]]);
  expect(told({ counts: { ...counts, alarm: "disk-full", held: 1 } })).toEqual([
    ["store-full", "urgent"],
    ["readings-held", "attention"],
  ]);
  expect(told({ counts: { ...counts, tombstones: 1 } })).toEqual([["readings-dropped", "urgent"]]);
  expect(told({ certificateExpiresAt: now })).toEqual([["certificate-expired", "urgent"]]);
  expect(told({ certificateExpiresAt: now + limits.certificateMsMin })).toEqual([
    ["certificate-expiring", "attention"],
  ]);
  expect(told({ certificateExpiresAt: now + limits.certificateMsMin + 1 })).toEqual([]);
  expect(told({ pagesCertificateExpiresAt: now })).toEqual([["pages-certificate-expired", "attention"]]);
  expect(told({ pagesCertificateExpiresAt: now + limits.certificateMsMin })).toEqual([
    ["pages-certificate-expiring", "attention"],
  ]);
  expect(told({ pagesCertificateExpiresAt: now + limits.certificateMsMin + 1 })).toEqual([]);
});

test("readings that wait for a person are told", async () => {
  const rig = await staffRig();
  await rig.run(holdReadings(rig.store, 2));
  expect(await rig.view()).toMatchObject({
    alerts: [{ code: "readings-held" }],
    store: { held: 2 },
    held: [{ reading: { delivery: "held", note: null } }, {}],
  });
});

test("a clock that nobody vouches for is told", async () => {
  const rig = await staffRig({ gateway: { assumeSynchronised: false } });
  expect(await codes(rig)).toEqual(["clock-untrusted"]);
});

test("a lost key and a low battery are told, and which device it is", async () => {
  const rig = await staffRig({
    gateway: {
      prepare: async (store) => {
        await store.saveDevice(deviceRow("device-1", { batteryPercent: 10 }));
        await store.saveBond(lostBond("C0:00:00:00:00:77", "device-1"));
      },
    },
  });
  const view = await rig.view();
  expect(view.alerts.map(({ code }) => code)).toEqual(["bond-lost", "battery-low"]);
  expect(view.devices).toMatchObject([{ bond: "lost", batteryPercent: 10 }]);
});

test("a store that fills up is told before it is full", async () => {
  const rig = await staffRig({ quotaBytes: 64 * 1024 });
  expect(await codes(rig)).toEqual(["store-nearly-full"]);
});

test("an audit log that was changed is urgent, and stays so", async () => {
  const rig = await staffRig({
    ...neighbourhood,
    gateway: {
      prepare: async (store) => {
        const audit = [{ at: 1, actor: "staff:staff-1", action: "staff-signed-in", subject: {} }] as const;
        await store.record({ changes: [], events: [], audit });
      },
    },
  });
  expect(await codes(rig)).toEqual([]);
  const read = rig.store.auditEntries.bind(rig.store);
  rig.store.auditEntries = async (query) =>
    (await read(query)).map((entry) => Object.assign(entry, { actor: entry.actor.replace("staff-1", "nobody") }));
  await rig.site.clock.advance(3_700_000);
  await rig.view();
  expect(await rig.view()).toMatchObject({ verdict: "urgent", alerts: [{ code: "audit-not-whole" }] });
  rig.store.auditEntries = read;
  expect(await codes(rig)).toEqual(["audit-not-whole"]);
});

test("a home hub's light is green, amber and red by the same conditions, but for what nobody at home can mend", async () => {
  const opened = Promise.withResolvers<RunningHubDesk>();
  const site = await openSite();
  const radio = scriptedRadio(site.clock);
  const gateway = await site.gateway({
    radios: [radio],
    prepare: (store) => store.saveDevice(deviceRow("device-1")),
    page: (sources) => {
      const desk = createHubDesk(sources, null);
      opened.resolve(desk);
      return desk;
    },
  });
  const desk = await opened.promise;
  await site.clock.advance(30_000);
  const view = async (): Promise<unknown> => hubView.parse(await site.clock.runUntil(desk.view("none")));
  await site.clock.runUntil(holdReadings(gateway.store, 1));
  expect(await view()).toMatchObject({ light: "green", reasons: [], uplink: "connected" });
  await site.clock.runUntil(gateway.store.saveBond(lostBond("C0:00:00:00:00:77", "device-1")));
  expect(await view()).toMatchObject({ light: "amber", reasons: ["bond-lost"], devices: [{ needsPairing: true }] });
  radio.pullOut();
  await site.clock.advance(60_000);
  expect(await view()).toMatchObject({ light: "red", reasons: ["radio-down", "bond-lost"] });
  expect(JSON.stringify(await view())).not.toContain(heldReading(1).device.id);
  expect(await site.clock.runUntil(desk.readings("staff:staff-1"))).toMatchObject([{ delivered: false }]);
  const seen = await site.clock.runUntil(gateway.store.auditEntries({ afterSeq: 0, limit: 10 }));
  expect(seen).toMatchObject([{ actor: "staff:staff-1", action: "readings-viewed" }]);
});

/** Somebody is always heard. */
const neighbourhood = { setup: ({ clock }: Site): GatewaySetup => ({ radios: [scriptedRadio(clock)] }) };

const lostBond = (address: string, deviceId: string): DeviceBond => ({
  address,
  deviceId,
  name: "Cuff",
  state: "lost",
  since: 0,
  method: "just-works",
  forgetsKey: false,
  serial: null,
  model: null,
  fingerprint: null,
});
