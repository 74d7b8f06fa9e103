import { expect } from "vitest";
import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";
import type { Change, ConsentRecord, Deed, NewAuditEntry, Store } from "../../gateway/store/store.ts";
import { glucose, readingId } from "../cloud-sync/ingest/sample-readings.ts";
import { deliverAll, entry, entryOf, outgoing, waitingIn } from "../gateway/store/store-entries.ts";
import type { StoreCheck } from "./store.ts";

export const consent: ConsentRecord = {
  id: "consent-1",
  person: "sim-0001",
  version: "2026-01",
  sha256: "0f".repeat(32),
  language: "en",
  trend: true,
  givenAt: 10,
  withdrawnAt: null,
};

export const auditOf = (number: number): NewAuditEntry => ({
  at: number,
  actor: "staff:desk",
  action: "assignment-made",
  subject: { device: `device-${number}`, assignment: "Ä \u{1F600}", userSlot: null, isFirst: number === 1 },
});

export const deedOf = (changes: readonly Change[], parts: Partial<Deed> = {}): Deed => ({
  changes,
  events: [],
  audit: [],
  ...parts,
});

export function consentEvent(number: number, change: "given" | "withdrawn", person = "sim-0001"): GatewayEvent {
  const { id, version, sha256, language } = consent;
  return {
    v: 1,
    id: uuidV5("24ea0f34-0334-432b-9bd9-cf6333b29345", String(number)),
    gateway: "gw-1",
    at: 1_000 + number,
    event: { type: "consent", consent: id, person, change, version, sha256, language, removed: 0 },
  };
}

/** A reading that nobody has, held for a person. */
const addHeld = (store: Store, number: number): Promise<unknown> =>
  store.add(entryOf(glucose(number, { person: null }), { disposition: "hold" }));

/** Deeds: what people decide, with its events; and discarded readings. */
export function careContract(check: StoreCheck): void {
  deeds(check);
  consents(check);
  events(check);
  discarding(check);
}

function deeds(check: StoreCheck): void {
  check("a deed is on disk with all its changes", async ({ store, reopen }) => {
    const session = {
      id: "session-1",
      person: "sim-0002",
      consent: "consent-1",
      startedAt: 1,
      endedAt: null,
      devices: [],
    };
    const ids = { id: "assignment-1", deviceId: "device-1", userSlot: 2, person: "sim-0003", consent: "consent-1" };
    const assignment = { ...ids, fromAt: 1, untilAt: null, source: "local" } as const;
    await addHeld(store, 1);
    const outcome = await store.record(
      deedOf([
        { type: "consent", consent },
        { type: "session", session },
        { type: "assignment", assignment },
        { type: "attribute", decision: { readingId: readingId(1), person: "sim-0001" } },
      ]),
    );
    expect(outcome).toEqual({ notHeld: [], removed: 0, withdrawn: [] });
    const again = await reopen();
    expect(await again.consents({ limit: 10 })).toEqual([consent]);
    expect(await again.sessions(0)).toEqual([session]);
    expect(await again.assignments()).toEqual([assignment]);
    expect(await outgoing(again)).toMatchObject([{ id: readingId(1), person: "sim-0001", revision: 2 }]);
    expect((await again.people()).map(({ reference }) => reference)).toEqual(["sim-0001", "sim-0002", "sim-0003"]);
  });

  check("of a deed that fails nothing is there, and those beside it are done", async ({ store }) => {
    await addHeld(store, 1);
    const broken = { ...consent, givenAt: 0.5 };
    const attribute: Change = { type: "attribute", decision: { readingId: readingId(1), person: "sim-0001" } };
    const parts = { events: [consentEvent(1, "given")], audit: [auditOf(1)] };
    const [before, failed, after] = await Promise.allSettled([
      store.record(deedOf([{ type: "consent", consent: { ...consent, id: "consent-0" } }], { audit: [auditOf(7)] })),
      store.record(deedOf([attribute, { type: "consent", consent: broken }], parts)),
      store.add(entry(2)),
    ]);
    expect([before.status, failed.status, after.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await store.consents({ limit: 10 })).map(({ id }) => id)).toEqual(["consent-0"]);
    expect(await store.pendingEvents({ afterSeq: 0, limit: 10 })).toEqual([]);
    expect((await store.auditEntries({ afterSeq: 0, limit: 10 })).map(({ at }) => at)).toEqual([7]);
    expect(await store.counts()).toMatchObject({ held: 1, waiting: 1 });
  });

  check("what was not held is named, and the rest of the deed is done", async ({ store }) => {
    await store.add(entry(1));
    await addHeld(store, 2);
    const outcome = await store.record(
      deedOf([
        { type: "attribute", decision: { readingId: readingId(1), person: "sim-0002" } },
        { type: "attribute", decision: { readingId: readingId(2), person: "sim-0002" } },
        { type: "discard", readingId: readingId(9) },
      ]),
    );
    expect(outcome.notHeld).toEqual([readingId(1), readingId(9)]);
    expect(await waitingIn(store)).toEqual([1, 2]);
  });

  check("who listens for entries hears of a reading that a deed gives to a person", async ({ store }) => {
    await addHeld(store, 1);
    const told = new Promise<string>((resolve) => store.onAdded(resolve));
    await store.record(deedOf([{ type: "attribute", decision: { readingId: readingId(1), person: "sim-0001" } }]));
    expect(await told).toBe("fresh");
  });
}

const consentOf = (id: string, givenAt: number): ConsentRecord => ({ ...consent, id, givenAt });

function consents(check: StoreCheck): void {
  check("consents are found by person, the latest first, page by page", async ({ store }) => {
    const given = [3, 1, 2, 2].map((givenAt, index) => consentOf(`consent-${index}`, givenAt));
    const other = { ...consent, id: "consent-9", person: "sim-0002", trend: false, givenAt: 9 };
    await store.record(deedOf([...given, other].map((each) => ({ type: "consent", consent: each }) as const)));
    const ids = async (query: object): Promise<readonly string[]> =>
      (await store.consents({ limit: 10, ...query })).map(({ id }) => id);
    expect(await ids({})).toEqual(["consent-9", "consent-0", "consent-3", "consent-2", "consent-1"]);
    expect(await ids({ person: "sim-0001", limit: 2 })).toEqual(["consent-0", "consent-3"]);
    const [, last] = await store.consents({ person: "sim-0001", limit: 2 });
    expect(await ids({ person: "sim-0001", before: last })).toEqual(["consent-2", "consent-1"]);
    expect(await store.consents({ person: "sim-0002", limit: 10 })).toEqual([other]);
  });

  check("a consent that was withdrawn stays so when it is kept again", async ({ store }) => {
    await store.record(deedOf([{ type: "consent", consent: { ...consent, withdrawnAt: 20 } }]));
    await store.record(deedOf([{ type: "consent", consent: { ...consent, trend: false } }]));
    expect(await store.consents({ limit: 10 })).toEqual([{ ...consent, trend: false, withdrawnAt: 20 }]);
  });
}

function events(check: StoreCheck): void {
  check("events wait in their order until they are settled, each once", async ({ store, reopen }) => {
    const [one, two, three] = [1, 2, 3].map((number) => consentEvent(number, "given"));
    if (one === undefined || two === undefined || three === undefined) throw new Error("three events are needed");
    await store.record(deedOf([], { events: [one, two] }));
    await store.record(deedOf([], { events: [two, three] }));
    const [first] = await store.pendingEvents({ afterSeq: 0, limit: 1 });
    expect(first?.event).toEqual(one);
    await store.settleEvents([first?.seq ?? 0, 999]);
    const again = await reopen();
    const rest = await again.pendingEvents({ afterSeq: 0, limit: 10 });
    expect(rest.map(({ event }) => event)).toEqual([two, three]);
    expect(await again.pendingEvents({ afterSeq: rest[0]?.seq ?? 0, limit: 10 })).toEqual(rest.slice(1));
  });

  check("who listens for events hears of a deed that brings some, until the listening ends", async ({ store }) => {
    let told = 0;
    const stop = store.onEventRecorded(() => (told += 1));
    await store.record(deedOf([], { audit: [auditOf(1)] }));
    expect(told).toBe(0);
    await store.record(deedOf([], { events: [consentEvent(1, "given")] }));
    expect(told).toBe(1);
    stop();
    await store.record(deedOf([], { events: [consentEvent(2, "given")] }));
    expect(told).toBe(1);
  });
}

function discarding(check: StoreCheck): void {
  const discard = (number: number): Deed => deedOf([{ type: "discard", readingId: readingId(number) }]);

  check("a held reading that is discarded is kept, found, and never sent", async ({ store, reopen }) => {
    await addHeld(store, 1);
    expect(await store.record(discard(1))).toMatchObject({ notHeld: [] });
    expect(await store.record(discard(1))).toMatchObject({ notHeld: [readingId(1)] });
    const again = await reopen();
    expect(await again.counts()).toMatchObject({ readings: 1, held: 0, discarded: 1, waiting: 0 });
    const found = await again.readings({ limit: 10, state: "discarded" });
    expect(found).toMatchObject([{ state: "discarded", reading: { id: readingId(1) } }]);
    expect(await again.readings({ limit: 10, state: "delivered" })).toEqual([]);
    expect(await waitingIn(again)).toEqual([]);
  });

  check("a discarded reading is known when it is read again, also with a context", async ({ store }) => {
    await addHeld(store, 1);
    await store.record(discard(1));
    expect(await store.add(entryOf(glucose(1, { context: { meal: "fasting" } })))).toBe("known");
    expect(await store.counts()).toMatchObject({ readings: 1, discarded: 1, waiting: 0 });
    await addHeld(store, 2);
    await store.record(deedOf([{ type: "attribute", decision: { readingId: readingId(2), person: "sim-0001" } }]));
    await deliverAll(store);
    expect(await store.record(discard(2))).toMatchObject({ notHeld: [readingId(2)] });
  });
}
