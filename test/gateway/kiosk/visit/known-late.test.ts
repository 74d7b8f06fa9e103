import { expect, test } from "vitest";
import { gattErrors } from "../../../../device-drivers/ports/gatt-error.ts";
import { enrolled } from "../../../../gateway/kiosk/visit/visit-deeds.ts";
import type { ManagedRadio } from "../../../../gateway/radio/managed-radio.ts";
import { justWorks } from "../../../../simulators/peripherals/pairing-traits.ts";
import { assignmentOf, blood } from "../../../scenarios/site-devices.ts";
import { candidateOf, ownAddress, type PairingVisit, pairingVisit } from "./pairing-steps.ts";
import { deviceRow, type VisitRig, visitRig } from "./visit-rig.ts";

/** Somebody has paired a meter that fell asleep before anybody could ask it who it is. */
async function pairedAsleep(): Promise<PairingVisit & { readonly rig: VisitRig }> {
  const sleeping = { is: true };
  const rig = await visitRig({
    radio: (radio) => ({
      ...radio,
      connect: async (address, signal) => {
        if (sleeping.is) throw gattErrors.make("device-absent", "it sleeps");
        return await radio.connect(address, signal);
      },
    }),
  });
  const { own, visit } = await pairingVisit(rig);
  await rig.run(visit.choosePairing(candidateOf(visit)));
  await rig.site.clock.advance(1_000);
  const passkey = String(rig.site.air.shownPasskey(ownAddress)).padStart(6, "0");
  await rig.run(visit.answerPairing({ number: 1, answer: { type: "passkey", passkey } }));
  rig.site.air.remove(ownAddress);
  await rig.site.clock.advance(40_000);
  expect(visit.view()).toMatchObject({ pairing: { phase: "paired" }, device: { of: "own", serialEnd: null } });
  sleeping.is = false;
  return { rig, own, visit };
}

test("a meter that fell asleep before it said who it is shows the very first thing that is measured with it", async () => {
  const { rig, own, visit } = await pairedAsleep();
  await rig.run(visit.measure(visit.view().device?.token ?? ""));
  await rig.site.clock.advance(10_000);
  rig.site.air.add(own.device);
  own.device.measure(blood(104));
  await rig.site.clock.advance(20_000);
  expect(visit.view()).toMatchObject({
    step: "result",
    device: { serialEnd: "0010" },
    results: [{ concentration: { value: "104" }, delivery: "delivered" }],
  });
  const delivered = await rig.site.delivered();
  expect(delivered.map(({ person, attribution }) => [person, attribution.by])).toEqual([["sim-0001", "session"]]);
});

test("what such a meter had in its memory before it was paired is nobody's, and is not shown", async () => {
  const { rig, own, visit } = await pairedAsleep();
  own.device.measure(blood(101), 3_600_000);
  await rig.run(visit.measure(visit.view().device?.token ?? ""));
  rig.site.air.add(own.device);
  own.device.wake();
  await rig.site.clock.advance(60_000);
  expect(visit.view()).toMatchObject({ step: "measure", results: [] });
  expect(await rig.store.counts()).toMatchObject({ held: 1 });
});

test("a device that said who it is just before the visit ends is forgotten by that, and what staff gave it is told of", async () => {
  const { rig, own, visit } = await pairedAsleep();
  // As its first session does, which the visit hears of a moment later.
  const [bond] = await rig.store.bonds();
  if (bond !== undefined) await rig.store.saveBond({ ...bond, deviceId: own.id });
  await rig.store.saveDevice(deviceRow(own));
  const given = assignmentOf(own.id, { person: "sim-0001", fromAt: rig.site.clock.now() });
  await rig.store.record(enrolled({ gateway: "gw-0001", at: rig.site.clock.now() }, given, null));
  await rig.run(visit.end("cancelled"));
  await rig.site.clock.advance(5_000);
  expect((await rig.store.devices()).map(({ id }) => id)).not.toContain(own.id);
  expect(await rig.store.bonds()).toEqual([]);
  const told = await rig.site.sink.events({ afterPosition: 0, limit: 100 });
  expect(told.map(({ type }) => type)).toContain("enrolment-ended");
  const entries = await rig.store.auditEntries({ afterSeq: 0, limit: 100 });
  expect(entries.filter(({ action }) => action === "device-forgotten")).toMatchObject([
    { actor: "gateway", subject: { device: own.id, key: "removed" } },
  ]);
});

/** A radio that hears a device of ours by a private address until it is paired. */
const hiding = (inner: ManagedRadio): ManagedRadio => ({
  ...inner,
  async *advertisements(signal) {
    for await (const each of inner.advertisements(signal)) {
      const isHidden = each.address === ownAddress;
      yield isHidden ? { ...each, address: privateAddress, addressKind: "random-private" } : each;
    }
  },
  pair: ({ address, io }, dialogue, signal) =>
    inner.pair({ address: address === privateAddress ? ownAddress : address, io }, dialogue, signal),
});
const privateAddress = "40:00:00:00:00:10";

test.each(["awake", "asleep"] as const)(
  "a device that was known by an address that it hides now is not forgotten with the visit, met %s",
  async (met) => {
    const rig = await visitRig({
      radio: (inner) => {
        const asleep = (): Promise<never> => Promise.reject(gattErrors.make("device-absent", "it sleeps"));
        return hiding(met === "awake" ? inner : { ...inner, connect: asleep });
      },
    });
    const { own, visit } = await pairingVisit(rig, justWorks);
    const { id } = own;
    await rig.store.saveDevice(deviceRow(own));
    await rig.store.saveAssignment(assignmentOf(id, { person: "sim-0002" }));
    await rig.run(visit.choosePairing(candidateOf(visit)));
    await rig.site.clock.advance(1_000);
    await rig.run(visit.answerPairing({ number: 1, answer: { type: "yes" } }));
    await rig.site.clock.advance(60_000);
    expect(visit.view()).toMatchObject({ pairing: { phase: "paired" } });
    await rig.run(visit.end("cancelled"));
    await rig.site.clock.advance(5_000);
    expect((await rig.store.devices()).map((device) => device.id)).toContain(id);
    expect(await rig.store.assignments()).toMatchObject([{ deviceId: id, person: "sim-0002" }]);
    expect(await rig.store.bonds()).toMatchObject([{ address: ownAddress, state: "bonded" }]);
  },
);
