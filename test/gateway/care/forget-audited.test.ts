import { expect, onTestFinished, test } from "vitest";
import { gatewayEvent } from "../../../cloud-sync/contract/control.ts";
import { forgetAudited, type ForgetPlace } from "../../../gateway/care/forget-audited.ts";
import { enrolled } from "../../../gateway/kiosk/visit/visit-deeds.ts";
import type { Forgotten } from "../../../gateway/pairing/forget-device.ts";
import type { Assignment, DeviceBond, Store } from "../../../gateway/store/store.ts";
import { deviceRow } from "../kiosk/staff/staff-rig.ts";
import { storeRig } from "../store/store-rig.ts";

const at = Date.UTC(2026, 5, 1);
const deviceId = "system-id:X";
const address = "C0:FF:EE:00:00:01";
const place: ForgetPlace = { at, actor: "command-line", gateway: () => "gw-0001" };

async function storeWithDevice(): Promise<Store> {
  const store = await storeRig().open();
  onTestFinished(() => store.close());
  await store.saveDevice({ ...deviceRow(deviceId), address });
  return store;
}

const assignment = (id: string, userSlot: number | null): Assignment => ({
  id,
  deviceId,
  userSlot,
  person: `person-${id}`,
  consent: `consent-${id}`,
  fromAt: 1,
  untilAt: null,
  source: "local",
});

const enrol = (store: Store, made: Assignment): Promise<unknown> =>
  store.record(enrolled({ gateway: "gw-0001", at: 1 }, made, null));

/** As the gateway forgets, without its radio. */
const forgetIn =
  (store: Store) =>
  async (device: string): Promise<Forgotten> => ({ wasKnown: await store.forgetDevice(device), key: "none" });

const told = async (store: Store): Promise<readonly unknown[]> =>
  (await store.pendingEvents({ afterSeq: 0, limit: 10 }))
    .map(({ event }) => gatewayEvent.parse(event).event)
    .filter(({ type }) => type === "enrolment-ended");

test("the cloud is told of each enrolment that ends with the device, and the audit log of all that did", async () => {
  const store = await storeWithDevice();
  await enrol(store, assignment("one", 1));
  await store.saveAssignment(assignment("by-staff", 2));
  await enrol(store, { ...assignment("ended", 3), untilAt: 5 });
  expect(await forgetAudited({ store, forget: forgetIn(store) }, place, deviceId)).toMatchObject({ wasKnown: true });
  expect(await told(store)).toEqual([{ type: "enrolment-ended", enrolment: "one", untilAt: at }]);
  expect(await store.assignments()).toEqual([]);
  const logged = await store.auditEntries({ afterSeq: 2, limit: 10 });
  expect(logged.map(({ actor, action, subject }) => [actor, action, subject["assignment"] ?? null])).toEqual([
    ["command-line", "assignment-ended", "by-staff"],
    ["command-line", "assignment-ended", "one"],
    ["command-line", "device-forgotten", null],
  ]);
});

test("what a hub was given to follow ends with its device, also one that it never met", async () => {
  const store = await storeRig().open();
  onTestFinished(() => store.close());
  const given = { id: "one", device: deviceId, userSlot: 2, person: "sim-0001", consent: "consent-1" };
  await store.followRoster({ version: 1, assignments: [{ ...given, fromAt: 1, untilAt: null }] });
  expect(await forgetAudited({ store, forget: forgetIn(store) }, place, deviceId)).toMatchObject({ wasKnown: true });
  expect(await told(store)).toEqual([{ type: "enrolment-ended", enrolment: "one", untilAt: at }]);
});

test("it has been told before the device goes: whoever is stopped in between can forget it again", async () => {
  const store = await storeWithDevice();
  await enrol(store, assignment("one", null));
  const fail = (): Promise<Forgotten> => Promise.reject(new Error("the power went"));
  await expect(forgetAudited({ store, forget: fail }, place, deviceId)).rejects.toThrow("the power went");
  expect(await told(store)).toHaveLength(1);
  await forgetAudited({ store, forget: forgetIn(store) }, { ...place, at: at + 1 }, deviceId);
  expect(await told(store)).toHaveLength(1);
  expect(await store.devices()).toEqual([]);
});

test("the address that a device was paired under stands for the device, in any case", async () => {
  const store = await storeWithDevice();
  const key = { method: null, forgetsKey: false, serial: null, model: null, fingerprint: null } as const;
  const bond: DeviceBond = { address, deviceId, name: null, state: "bonded", since: 1, ...key };
  await store.saveBond(bond);
  await enrol(store, assignment("one", null));
  await forgetAudited({ store, forget: forgetIn(store) }, place, address.toLowerCase());
  expect(await told(store)).toHaveLength(1);
  expect(await store.devices()).toEqual([]);
});

test("nobody is asked for the gateway's id where there is nothing to tell, and nothing is written of a stranger", async () => {
  const store = await storeWithDevice();
  const silent: ForgetPlace = {
    ...place,
    gateway: () => {
      throw new Error("nobody knows it");
    },
  };
  await store.saveAssignment(assignment("by-staff", null));
  expect(await forgetAudited({ store, forget: forgetIn(store) }, silent, deviceId)).toMatchObject({ wasKnown: true });
  expect(await told(store)).toEqual([]);
  expect(await forgetAudited({ store, forget: forgetIn(store) }, silent, "nobody")).toMatchObject({ wasKnown: false });
  expect((await store.auditEntries({ afterSeq: 0, limit: 10 })).map(({ action }) => action)).toEqual([
    "assignment-ended",
    "device-forgotten",
  ]);
});
