import { expect, test } from "vitest";
import type { Reading } from "../../../cloud-sync/contract/reading.ts";
import { isLeftAlone, slotsLeftAlone } from "../../../gateway/collect/left-alone.ts";
import { setKioskDevice } from "../../../gateway/kiosk/kiosk-devices.ts";
import type { Assignment, Change, Store } from "../../../gateway/store/store.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";
import { consent, deedOf } from "../../contracts/store-care.ts";
import { storeRig } from "../store/store-rig.ts";

const at = 1_000;
const assignment: Assignment = {
  id: "assignment-1",
  deviceId: "device-1",
  userSlot: null,
  person: "sim-0001",
  consent: "consent-1",
  fromAt: 1,
  untilAt: null,
  source: "local",
};

/** Somebody had the device, and withdrew; then the changes come. */
async function left(changes: readonly Change[] = [], prepare?: (store: Store) => Promise<unknown>): Promise<boolean> {
  const store = await storeRig().open();
  try {
    const withdraw = { type: "withdraw", person: "sim-0001", at } as const;
    await store.record(
      deedOf([{ type: "consent", consent }, { type: "assignment", assignment }, withdraw, ...changes]),
    );
    await prepare?.(store);
    return await isLeftAlone(store, { deviceId: "device-1", assignments: await store.assignments(), now: 2 * at });
  } finally {
    await store.close();
  }
}

const anew = { ...assignment, id: "assignment-2", fromAt: at + 1 };
const ofAnother = { ...anew, person: "sim-0002", consent: "consent-2" };
const session = {
  id: "session-1",
  person: "sim-0002",
  consent: "consent-2",
  startedAt: at + 1,
  endedAt: null,
  devices: [],
};

test("a device whose person has withdrawn is left alone", async () => {
  expect(await left()).toBe(true);
});

test("it is read again for whoever has it now, and for the person once they agree anew", async () => {
  expect(await left([{ type: "assignment", assignment: anew }])).toBe(false);
  expect(await left([{ type: "assignment", assignment: ofAnother }])).toBe(false);
  expect(await left([{ type: "consent", consent: { ...consent, id: "consent-3", givenAt: at + 1 } }])).toBe(false);
});

test("it is left alone again when the next one has given it back", async () => {
  expect(await left([{ type: "assignment", assignment: { ...ofAnother, untilAt: at + 2 } }])).toBe(true);
});

test("a device of the kiosk's own is read for whoever comes, and while a visit is under way any device", async () => {
  expect(await left([], (store) => setKioskDevice(store, "device-1", true))).toBe(false);
  expect(await left([{ type: "session", session }])).toBe(false);
});

test("a device that was given back, or that nobody ever had, is not left alone", async () => {
  const store = await storeRig().open();
  const given = [{ ...assignment, untilAt: 5 }];
  expect(await isLeftAlone(store, { deviceId: "device-1", assignments: given, now: at })).toBe(false);
  expect(await isLeftAlone(store, { deviceId: "device-2", assignments: given, now: at })).toBe(false);
  await store.close();
});

/** Of a cuff whose first user has withdrawn, and whose second has not: is this reading not kept? */
async function slotLeft(
  shown: { readonly userSlot: number | null; readonly measured?: number | null; readonly person?: string | null },
  changes: readonly Change[] = [],
  prepare?: (store: Store) => Promise<unknown>,
): Promise<boolean> {
  const store = await storeRig().open();
  try {
    const [first, second] = [
      { ...assignment, userSlot: 1, fromAt: 100 },
      { ...ofAnother, userSlot: 2, fromAt: 100 },
    ];
    const both = [first, second].map((each) => ({ type: "assignment", assignment: each }) as const);
    const withdraw = { type: "withdraw", person: "sim-0001", at } as const;
    await store.record(deedOf([{ type: "consent", consent }, ...both, withdraw, ...changes]));
    await prepare?.(store);
    const { userSlot, measured = 2 * at, person = null } = shown;
    const sample = glucose(1);
    const whole: Reading = {
      ...sample,
      userSlot,
      person,
      device: { ...sample.device, id: "device-1" },
      time: { ...sample.time, measured: measured === null ? null : new Date(measured).toISOString(), uncertaintyMs: 0 },
    };
    return (await slotsLeftAlone(store, 3 * at))(whole);
  } finally {
    await store.close();
  }
}

test("what the slot of somebody who withdrew shows is not kept, and what the other slot shows is", async () => {
  expect(await slotLeft({ userSlot: 1 })).toBe(true);
  expect(await slotLeft({ userSlot: 1, measured: null })).toBe(true);
  expect(await slotLeft({ userSlot: 2 })).toBe(false);
  expect(await slotLeft({ userSlot: 3 })).toBe(false);
  expect(await slotLeft({ userSlot: null })).toBe(false);
});

test("what was measured before the slot was theirs is kept, and whatever somebody has a right to", async () => {
  expect(await slotLeft({ userSlot: 1, measured: 50 })).toBe(false);
  expect(await slotLeft({ userSlot: 1, person: "sim-0002" })).toBe(false);
});

test("the slot counts again for whoever it is given to, and for the person once they agree anew", async () => {
  const given = { ...ofAnother, id: "assignment-3", userSlot: 1, fromAt: at + 1 };
  expect(await slotLeft({ userSlot: 1 }, [{ type: "assignment", assignment: given }])).toBe(false);
  expect(await slotLeft({ userSlot: 1, measured: at }, [{ type: "assignment", assignment: given }])).toBe(true);
  const consentAnew = { ...consent, id: "consent-3", givenAt: at + 1 };
  expect(await slotLeft({ userSlot: 1 }, [{ type: "consent", consent: consentAnew }])).toBe(false);
});

test("on a device of the kiosk's own, and while a visit is under way, any slot may be anybody's", async () => {
  expect(await slotLeft({ userSlot: 1 }, [], (store) => setKioskDevice(store, "device-1", true))).toBe(false);
  expect(await slotLeft({ userSlot: 1 }, [{ type: "session", session }])).toBe(false);
});
