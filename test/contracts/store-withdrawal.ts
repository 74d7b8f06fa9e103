import { expect } from "vitest";
import type { Change, NewReading, Store } from "../../gateway/store/store.ts";
import { glucose, readingId } from "../cloud-sync/ingest/sample-readings.ts";
import { deliverAll, entry, entryOf, outgoing, waitingIn } from "../gateway/store/store-entries.ts";
import { consent, consentEvent, deedOf } from "./store-care.ts";
import type { StoreCheck } from "./store.ts";

/** The sample readings were measured before this, and `later` ones after. */
const at = Date.UTC(2026, 5, 1);
const withdraw = { type: "withdraw", person: "sim-0001", at } as const satisfies Change;

const later = (number: number): NewReading => {
  const { time } = glucose(number);
  return entryOf(glucose(number, { time: { ...time, measured: "2026-07-01T08:00:00+02:00" } }));
};

const removedOf = async (store: Store): Promise<readonly unknown[]> =>
  (await store.pendingEvents({ afterSeq: 0, limit: 10 })).map(({ event: { event } }) =>
    "removed" in event ? event.removed : null,
  );

/** A person withdraws: what ends, what goes, and what does not come back. */
export function withdrawalContract(check: StoreCheck): void {
  ending(check);
  removing(check);
  keepingAway(check);
}

function ending(check: StoreCheck): void {
  check("a withdrawal ends the person's consents, sessions and assignments, and nobody else's", async ({ store }) => {
    const mine = { person: "sim-0001", consent: "consent-1" };
    const theirs = { person: "sim-0002", consent: "consent-2" };
    const device = { deviceId: "device-1", userSlot: null, fromAt: 1, untilAt: null, source: "local" } as const;
    await store.record(
      deedOf([
        { type: "consent", consent },
        { type: "consent", consent: { ...consent, id: "consent-2", person: "sim-0002" } },
        { type: "session", session: { ...mine, id: "session-1", startedAt: 1, endedAt: null, devices: [] } },
        { type: "session", session: { ...mine, id: "session-0", startedAt: 1, endedAt: 5, devices: [] } },
        { type: "session", session: { ...theirs, id: "session-2", startedAt: 1, endedAt: null, devices: [] } },
        { type: "assignment", assignment: { ...device, ...mine, id: "assignment-1" } },
        { type: "assignment", assignment: { ...device, ...mine, id: "assignment-0", untilAt: 7 } },
        { type: "assignment", assignment: { ...device, ...theirs, id: "assignment-2" } },
      ]),
    );
    await store.followRoster({
      version: 1,
      assignments: [{ ...mine, id: "roster-1", device: "device-2", userSlot: 1, fromAt: 1, untilAt: null }],
    });
    expect(await store.record(deedOf([withdraw]))).toEqual({ notHeld: [], removed: 0, withdrawn: ["consent-1"] });
    const ends = new Map((await store.assignments()).map(({ id, untilAt }) => [id, untilAt]));
    expect(Object.fromEntries(ends)).toEqual({
      "assignment-0": 7,
      "assignment-1": at,
      "assignment-2": null,
      "roster-1": at,
    });
    const sessions = (await store.sessions(0)).map(({ id, endedAt }) => [id, endedAt]);
    expect(Object.fromEntries(sessions)).toEqual({ "session-0": 5, "session-1": at, "session-2": null });
    const consents = (await store.consents({ limit: 10 })).map(({ id, withdrawnAt }) => [id, withdrawnAt]);
    expect(Object.fromEntries(consents)).toEqual({ "consent-1": at, "consent-2": null });
  });

  check("a roster that does not know of a withdrawal yet cannot undo it", async ({ store }) => {
    const entryOfRoster = { device: "device-1", userSlot: null, person: "sim-0001", consent: "consent-1" };
    await store.record(deedOf([{ type: "consent", consent }, withdraw]));
    await store.followRoster({
      version: 5,
      assignments: [
        { ...entryOfRoster, id: "before", fromAt: 1, untilAt: null },
        { ...entryOfRoster, id: "anew", fromAt: at + 1, untilAt: null },
      ],
    });
    const ends = (await store.assignments()).map(({ id, untilAt }) => [id, untilAt]);
    expect(Object.fromEntries(ends)).toEqual({ before: at, anew: null });
  });
}

function removing(check: StoreCheck): void {
  check("what is theirs and was not delivered is removed, whatever it waited for", async ({ store, reopen }) => {
    await store.add(entry(1));
    await deliverAll(store);
    await store.add(entry(2));
    await store.add(entry(3, { lane: "urgent" }));
    await store.add(entry(4, { disposition: "hold" }));
    await store.add(entry(5, { disposition: "undated" }));
    await store.add(entry(6, { lane: "backfill" }));
    await store.settle([{ lane: "backfill", fate: "rejected", seq: 6, code: "invalid", reason: "no unit" }]);
    await store.add(entry(7, { disposition: "hold" }));
    await store.record(deedOf([{ type: "discard", readingId: readingId(7) }]));
    await store.add(entryOf(glucose(8, { person: "sim-0002" })));
    await store.add(entryOf(glucose(9, { person: null }), { disposition: "hold" }));
    const outcome = await store.record(deedOf([withdraw], { events: [consentEvent(1, "withdrawn")] }));
    expect(outcome.removed).toBe(6);
    expect(await removedOf(store)).toEqual([6]);
    const again = await reopen();
    const left = (await again.readings({ limit: 20 })).map(({ reading }) => reading.sequenceNumber);
    expect(left).toEqual([9, 8, 1]);
    expect(await again.deadLetters({ afterId: 0, limit: 10 })).toEqual([]);
    const counts = { readings: 3, waiting: 1, held: 1, undated: 0, deadLetters: 0, discarded: 0 };
    expect(await again.counts()).toMatchObject(counts);
    expect(await again.undatedBoots()).toEqual([]);
    expect(await waitingIn(again)).toEqual([8]);
  });

  check("what a deed gave to the person a moment before is removed with the rest", async ({ store }) => {
    await store.add(entryOf(glucose(1, { person: null }), { disposition: "hold" }));
    const give: Change = { type: "attribute", decision: { readingId: readingId(1), person: "sim-0001" } };
    expect(await store.record(deedOf([give, withdraw]))).toMatchObject({ removed: 1 });
    expect(await waitingIn(store)).toEqual([]);
  });

  check("the first event of each person counts what was removed, the others nothing", async ({ store }) => {
    await store.add(entry(1));
    await store.add(entry(2));
    await store.add(entryOf(glucose(3, { person: "sim-0002" })));
    const events = [
      consentEvent(1, "given", "sim-0003"),
      consentEvent(2, "withdrawn"),
      consentEvent(3, "withdrawn"),
      consentEvent(4, "withdrawn", "sim-0002"),
    ];
    const both = deedOf([withdraw, { ...withdraw, person: "sim-0002" }], { events });
    expect(await store.record(both)).toMatchObject({ removed: 3 });
    expect(await removedOf(store)).toEqual([0, 2, 0, 1]);
  });

  check("who sends hears that entries were removed, and of nothing where none were", async ({ store }) => {
    let told = 0;
    store.onRemoved?.(() => (told += 1));
    await store.record(deedOf([withdraw]));
    expect(told).toBe(0);
    await store.add(later(1));
    await store.record(deedOf([{ ...withdraw, at: at + 1 }]));
    expect(told).toBe(1);
  });
}

function keepingAway(check: StoreCheck): void {
  check("what was removed is known when a device shows it again, whoever's it is then", async ({ store, reopen }) => {
    await store.add(entry(1));
    await store.record(deedOf([withdraw]));
    expect(await store.add(entry(1))).toBe("known");
    const again = await reopen();
    expect(await again.add(entryOf(glucose(1, { person: null }), { disposition: "hold" }))).toBe("known");
    expect(await again.counts()).toMatchObject({ readings: 0, waiting: 0, held: 0 });
  });

  check("what they measured before is not stored later, and what they measure afterwards is", async ({ store }) => {
    await store.record(deedOf([withdraw]));
    expect(await store.add(entry(1))).toBe("known");
    expect(await store.add(entryOf(glucose(1, { person: "sim-0002" })))).toBe("known");
    expect(await store.add(later(2))).toBe("stored");
    expect(await store.add(entryOf(glucose(3, { person: "sim-0002" })))).toBe("stored");
    expect(await waitingIn(store)).toEqual([2, 3]);
  });

  check("a context that comes after a withdrawal is not delivered", async ({ store }) => {
    await store.add(entry(1));
    await deliverAll(store);
    await store.record(deedOf([withdraw]));
    expect(await store.add(entryOf(glucose(1, { context: { meal: "fasting" } })))).toBe("known");
    expect(await outgoing(store)).toEqual([]);
    expect(await store.counts()).toMatchObject({ readings: 1 });
  });

  check(
    "an undated reading that may not be kept is removed when it is dated, and not stored again",
    async ({ store }) => {
      const nobodys = entryOf(glucose(1, { person: null }), { disposition: "undated" });
      await store.record(deedOf([{ type: "withdraw", person: "sim-0001", at: 5 }]));
      await store.add(nobodys);
      await store.dateReadings({ bootId: "boot-1", epochOfMonotonicZero: 0 }, ({ reading }) => {
        return { reading, lane: "fresh", disposition: "remove" };
      });
      expect(await store.counts()).toMatchObject({ readings: 0, undated: 0, held: 0 });
      expect(await store.add({ ...nobodys, disposition: "hold" })).toBe("known");
    },
  );

  check("an undated reading that turns out to be theirs is removed when it is dated", async ({ store }) => {
    const nobodys = { person: null };
    await store.add(entryOf(glucose(1, nobodys), { disposition: "undated" }));
    await store.add(entryOf(glucose(2, nobodys), { disposition: "undated" }));
    await store.record(deedOf([withdraw]));
    await store.dateReadings({ bootId: "boot-1", epochOfMonotonicZero: 0 }, ({ reading }) => {
      const person = reading.sequenceNumber === 1 ? "sim-0001" : "sim-0002";
      return { reading: { ...reading, person }, lane: "fresh", disposition: "deliver" };
    });
    expect(await waitingIn(store)).toEqual([2]);
    expect(await store.counts()).toMatchObject({ readings: 1, undated: 0, waiting: 1 });
    expect(await store.add(entry(1))).toBe("known");
  });

  check("readings that come while a person withdraws are all gone or never stored", async ({ store }) => {
    const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
    const adding = numbers.flatMap((number) => {
      const own = store.add(entry(number));
      const other = store.add(entryOf(glucose(100 + number, { person: "sim-0002" })));
      return number === 30 ? [own, store.record(deedOf([withdraw])), other] : [own, other];
    });
    await Promise.all(adding);
    expect(await waitingIn(store)).toEqual(numbers.map((number) => 100 + number));
    const again = await Promise.all(numbers.map((number) => store.add(entry(number))));
    expect(new Set(again)).toEqual(new Set(["known"]));
    expect(await store.counts()).toMatchObject({ readings: 60, waiting: 60 });
  });
}
