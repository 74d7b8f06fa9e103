import { expect, test } from "vitest";
import type { StaffDesk } from "../../gateway/kiosk/staff-desk.ts";
import type { AuditEntry, Store } from "../../gateway/store/store.ts";
import { CarepostError } from "../../device-drivers/kit/carepost-error.ts";

/** A desk over a store which a test prepares. */
export interface StaffStage {
  readonly desk: StaffDesk;
  readonly store: Store;
  readonly run: <T>(work: Promise<T>) => Promise<T>;
  readonly audit: () => Promise<readonly AuditEntry[]>;
  /** Puts as many readings there that are nobody's, and returns their ids. */
  readonly hold: (count: number) => Promise<readonly string[]>;
  /** Lets this person agree. */
  readonly agree: (person: string) => Promise<void>;
  /** A device that is known here. */
  readonly deviceId: string;
}

export interface StaffDeskAdapter {
  readonly name: string;
  readonly make: () => Promise<StaffStage>;
}

const who = "staff:staff-1";

/** What every staff desk promises. */
export function staffDeskContract(adapter: StaffDeskAdapter): void {
  heldReadings(adapter);
  assignments(adapter);
  consentsAndDevices(adapter);
}

async function codeOf({ run }: StaffStage, work: Promise<unknown>): Promise<string> {
  const failure = await run(work.then(() => null).catch((error: unknown) => error));
  return failure instanceof CarepostError ? failure.code : String(failure);
}

const actions = async ({ audit }: StaffStage, actor = who): Promise<readonly string[]> =>
  (await audit()).filter((entry) => entry.actor === actor).map(({ action }) => action);

function heldReadings({ name, make }: StaffDeskAdapter): void {
  test(`${name}: held readings that are assigned wait for delivery as that person's, and each is audited`, async () => {
    const stage = await make();
    const { desk, store, run } = stage;
    await stage.agree("sim-0001");
    const [first = "", second = ""] = await stage.hold(2);
    await run(desk.assignHeld({ readings: [first, second], person: "sim-0001" }, who));
    const stored = await run(store.readings({ limit: 10 }));
    expect(stored.map(({ reading }) => [reading.person, reading.attribution.by])).toEqual([
      ["sim-0001", "manual"],
      ["sim-0001", "manual"],
    ]);
    expect(await actions(stage)).toEqual(["reading-attributed", "reading-attributed"]);
    const subjects = (await stage.audit()).filter(({ actor }) => actor === who).map(({ subject }) => subject);
    expect(subjects).toEqual([
      { reading: first, person: "sim-0001" },
      { reading: second, person: "sim-0001" },
    ]);
  });

  test(`${name}: a reading is given to nobody whose consent does not stand`, async () => {
    const stage = await make();
    const [reading = ""] = await stage.hold(1);
    const given = stage.desk.assignHeld({ readings: [reading], person: "sim-0099" }, who);
    expect(await codeOf(stage, given)).toBe("consent-not-standing");
    expect((await stage.run(stage.store.counts())).held).toBe(1);
    expect(await actions(stage)).toEqual([]);
  });

  test(`${name}: a discarded reading is never delivered, and who decides too late is told`, async () => {
    const stage = await make();
    const [first = "", second = ""] = await stage.hold(2);
    await stage.run(stage.desk.discardHeld({ readings: [first] }, who));
    expect(await stage.run(stage.store.counts())).toMatchObject({ held: 1, discarded: 1, waiting: 0 });
    const late = stage.desk.discardHeld({ readings: [first, second] }, "staff:staff-2");
    expect(await codeOf(stage, late)).toBe("held-reading-decided");
    expect(await stage.run(stage.store.counts())).toMatchObject({ held: 0, discarded: 2 });
    expect(await actions(stage, "staff:staff-2")).toEqual(["reading-discarded"]);
  });
}

function assignments({ name, make }: StaffDeskAdapter): void {
  test(`${name}: an assignment is made under a consent that stands, for a slot that nobody has, and ended`, async () => {
    const stage = await make();
    const { desk, store, run, deviceId } = stage;
    const request = { deviceId, userSlot: 1, person: "sim-0001", consent: null };
    expect(await codeOf(stage, desk.saveAssignment(request, who))).toBe("consent-not-standing");
    await stage.agree("sim-0001");
    await run(desk.saveAssignment(request, who));
    await stage.agree("sim-0002");
    const rival = { ...request, person: "sim-0002" };
    expect(await codeOf(stage, desk.saveAssignment(rival, who))).toBe("slot-taken");
    expect(await codeOf(stage, desk.saveAssignment({ ...rival, userSlot: null }, who))).toBe("slot-taken");
    await run(desk.saveAssignment({ ...rival, userSlot: 2 }, who));
    expect(await codeOf(stage, desk.saveAssignment({ ...rival, deviceId: "nobody" }, who))).toBe("device-not-paired");
    const [made] = await run(store.assignments());
    await run(desk.endAssignment({ id: made?.id ?? "" }, who));
    expect((await run(store.assignments())).filter(({ untilAt }) => untilAt !== null)).toHaveLength(1);
    expect(await codeOf(stage, desk.endAssignment({ id: made?.id ?? "" }, who))).toBe("assignment-unknown");
    expect(await actions(stage)).toEqual(["assignment-made", "assignment-made", "assignment-ended"]);
  });

  test(`${name}: what a roster assigned is the cloud's to end`, async () => {
    const stage = await make();
    const entry = { id: "enrolment-1", device: stage.deviceId, userSlot: null, person: "sim-0003", consent: "c-1" };
    await stage.run(stage.store.followRoster({ version: 1, assignments: [{ ...entry, fromAt: 0, untilAt: null }] }));
    expect(await codeOf(stage, stage.desk.endAssignment({ id: "enrolment-1" }, who))).toBe("assignment-of-roster");
    expect((await stage.run(stage.desk.view(who))).assignments).toMatchObject([
      { id: "enrolment-1", source: "roster" },
    ]);
  });

  test(`${name}: the end of an enrolment is an event; that of any other assignment is not`, async () => {
    const stage = await make();
    const { desk, store, run, deviceId } = stage;
    await stage.agree("sim-0001");
    await run(desk.saveAssignment({ deviceId, userSlot: 1, person: "sim-0001", consent: null }, who));
    await run(desk.saveAssignment({ deviceId, userSlot: 2, person: "sim-0001", consent: null }, who));
    const [plain, enrolled] = await run(store.assignments());
    const subject = { assignment: enrolled?.id ?? "", device: deviceId };
    await run(
      store.record({
        changes: [],
        events: [],
        audit: [{ at: 1, actor: "visitor", action: "device-enrolled", subject }],
      }),
    );
    await run(desk.endAssignment({ id: plain?.id ?? "" }, who));
    await run(desk.endAssignment({ id: enrolled?.id ?? "" }, who));
    const events = (await run(store.pendingEvents({ afterSeq: 0, limit: 100 }))).map(({ event }) => event.event);
    expect(events.filter(({ type }) => type === "enrolment-ended")).toMatchObject([{ enrolment: enrolled?.id }]);
  });
}

function consentsAndDevices({ name, make }: StaffDeskAdapter): void {
  test(`${name}: a withdrawal ends all that a person agreed to, once, and is delivered as events`, async () => {
    const stage = await make();
    const { desk, store, run } = stage;
    await stage.agree("sim-0001");
    const [reading = ""] = await stage.hold(1);
    await run(
      desk.saveAssignment({ deviceId: stage.deviceId, userSlot: null, person: "sim-0001", consent: null }, who),
    );
    await run(desk.assignHeld({ readings: [reading], person: "sim-0001" }, who));
    await run(desk.withdrawConsent({ person: "sim-0001" }, who));
    expect((await run(store.consents({ person: "sim-0001", limit: 10 })))[0]?.withdrawnAt).not.toBeNull();
    expect((await run(store.assignments())).every(({ untilAt }) => untilAt !== null)).toBe(true);
    const events = (await run(store.pendingEvents({ afterSeq: 0, limit: 100 }))).map(({ event }) => event.event);
    expect(events.filter(({ type }) => type === "consent")).toMatchObject([
      { change: "withdrawn", person: "sim-0001" },
    ]);
    expect(await codeOf(stage, desk.withdrawConsent({ person: "sim-0001" }, who))).toBe("nothing-to-withdraw");
    expect((await actions(stage)).filter((action) => action === "consent-withdrawn")).toHaveLength(1);
  });

  test(`${name}: a device is kept at the kiosk, and forgotten, by the word of staff`, async () => {
    const stage = await make();
    const { desk, run, deviceId } = stage;
    await run(desk.setKiosks({ deviceId, isKiosks: true }, who));
    expect((await run(desk.view(who))).devices).toMatchObject([{ id: deviceId, isKiosks: true }]);
    await run(desk.setKiosks({ deviceId, isKiosks: true }, who));
    await run(desk.forgetDevice({ deviceId }, who));
    expect((await run(desk.view(who))).devices).toEqual([]);
    expect(await codeOf(stage, desk.forgetDevice({ deviceId }, who))).toBe("device-unknown");
    expect(await codeOf(stage, desk.setKiosks({ deviceId, isKiosks: true }, who))).toBe("device-not-paired");
    expect(await actions(stage)).toEqual(["kiosk-device-set", "device-forgotten"]);
  });

  test(`${name}: who sees a reading is audited, once in a look`, async () => {
    const stage = await make();
    const [first = ""] = await stage.hold(1);
    await stage.run(stage.desk.view(who));
    await stage.run(stage.desk.view(who));
    await stage.run(stage.desk.view("staff:staff-2"));
    const seen = (await stage.audit()).filter(({ action }) => action === "readings-viewed");
    expect(seen.map(({ actor, subject }) => [actor, subject])).toEqual([
      [who, { reading: first }],
      ["staff:staff-2", { reading: first }],
    ]);
  });

  test(`${name}: where no visit is under way, none is ended`, async () => {
    const stage = await make();
    expect(await codeOf(stage, stage.desk.endVisit(who))).toBe("no-visit");
    expect(await actions(stage)).toEqual([]);
  });
}
