import { expect, onTestFinished, test } from "vitest";
import { gatewayEvent } from "../../../cloud-sync/contract/control.ts";
import { withdrawConsents } from "../../../gateway/care/withdraw-consents.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { consent, deedOf } from "../../contracts/store-care.ts";
import { entry } from "../store/store-entries.ts";
import { storeRig } from "../store/store-rig.ts";

const at = Date.UTC(2026, 5, 1);
const withdrawal = { person: "sim-0001", at, actor: "staff:desk", gateway: "gw-0001" };

async function storeWithPerson(): Promise<Store> {
  const store = await storeRig().open();
  onTestFinished(() => store.close());
  const device = { deviceId: "device-1", userSlot: null, person: "sim-0001", consent: "consent-1", fromAt: 1 };
  await store.record(
    deedOf([
      { type: "consent", consent },
      { type: "consent", consent: { ...consent, id: "consent-0", givenAt: 5, withdrawnAt: 6 } },
      { type: "assignment", assignment: { ...device, id: "assignment-1", untilAt: null, source: "local" } },
      { type: "assignment", assignment: { ...device, id: "assignment-0", untilAt: 7, source: "local" } },
    ]),
  );
  await store.add(entry(1));
  await store.add(entry(2));
  return store;
}

test("the cloud hears of each consent and each assignment that ends, with what was removed", async () => {
  const store = await storeWithPerson();
  const outcome = await withdrawConsents(store, withdrawal);
  expect(outcome).toEqual({ withdrawn: ["consent-1"], removed: 2, notHeld: [] });
  const pending = await store.pendingEvents({ afterSeq: 0, limit: 10 });
  expect(pending.map(({ event }) => gatewayEvent.parse(event).event)).toMatchObject([
    { type: "consent", consent: "consent-1", person: "sim-0001", change: "withdrawn", removed: 2 },
    { type: "enrolment-ended", enrolment: "assignment-1", untilAt: at },
  ]);
});

test("the audit log says who did it, and what ended", async () => {
  const store = await storeWithPerson();
  await withdrawConsents(store, withdrawal);
  expect(await store.auditEntries({ afterSeq: 0, limit: 10 })).toMatchObject([
    { at, actor: "staff:desk", action: "consent-withdrawn", subject: { consent: "consent-1", person: "sim-0001" } },
    { actor: "staff:desk", action: "assignment-ended", subject: { assignment: "assignment-1", device: "device-1" } },
  ]);
});

test("withdrawing twice tells nothing twice, and stands in the audit log each time", async () => {
  const store = await storeWithPerson();
  await withdrawConsents(store, withdrawal);
  const again = await withdrawConsents(store, { ...withdrawal, at: at + 1 });
  expect(again).toEqual({ withdrawn: [], removed: 0, notHeld: [] });
  expect(await store.pendingEvents({ afterSeq: 0, limit: 10 })).toHaveLength(2);
  const entries = await store.auditEntries({ afterSeq: 2, limit: 10 });
  expect(entries).toMatchObject([{ action: "consent-withdrawn", subject: { consent: null, person: "sim-0001" } }]);
});

test("a clock that is behind puts no withdrawal before what it withdraws, and a roster of before does not undo it", async () => {
  const store = await storeWithPerson();
  const enrolled = { id: "roster-1", device: "device-2", userSlot: null, person: "sim-0001", consent: "consent-1" };
  const assignments = [{ ...enrolled, fromAt: at, untilAt: null }];
  await store.followRoster({ version: 1, assignments });
  const given = { ...consent, id: "consent-2", givenAt: at + 5 };
  await store.record(deedOf([{ type: "consent", consent: given }]));
  await withdrawConsents(store, { ...withdrawal, at: at - 86_400_000 });
  const ended = await store.consents({ person: "sim-0001", limit: 10 });
  expect(ended.every(({ givenAt, withdrawnAt }) => (withdrawnAt ?? 0) >= givenAt)).toBe(true);
  await store.followRoster({ version: 2, assignments });
  expect((await store.assignments()).filter(({ untilAt }) => untilAt === null)).toEqual([]);
});

test("a visit that is open when the person withdraws ends, and the audit log says so", async () => {
  const store = await storeWithPerson();
  const session = {
    id: "session-1",
    person: "sim-0001",
    consent: "consent-1",
    startedAt: at - 1,
    endedAt: null,
    devices: [],
  };
  await store.saveSession(session);
  await withdrawConsents(store, withdrawal);
  expect(await store.sessions(0)).toMatchObject([{ id: "session-1", endedAt: at }]);
  const subject = { session: "session-1", reason: "withdrawn" };
  expect((await store.auditEntries({ afterSeq: 0, limit: 10 })).at(-1)).toMatchObject({
    action: "visit-ended",
    subject,
  });
});
