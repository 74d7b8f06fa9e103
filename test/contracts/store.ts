import { expect, test } from "vitest";
import type { Clock } from "../../device-drivers/ports/clock.ts";
import type { NewReading, Store } from "../../gateway/store/store.ts";
import { bloodPressure, glucose, readingId } from "../cloud-sync/ingest/sample-readings.ts";
import { deliverAll, entry, entryOf, outgoing, waitingIn } from "../gateway/store/store-entries.ts";
import { auditContract } from "./store-audit.ts";
import { careContract } from "./store-care.ts";
import { registryContract } from "./store-registry.ts";
import { sessionContract } from "./store-sessions.ts";
import { withdrawalContract } from "./store-withdrawal.ts";

export interface StoreSubject {
  readonly clock: Clock;
  readonly store: Store;
  /** Closes the store and opens it again over the same data. */
  readonly reopen: () => Promise<Store>;
}

export interface StoreContract {
  readonly name: string;
  readonly make: () => Promise<StoreSubject>;
}

export type StoreCheck = (sentence: string, body: (subject: StoreSubject) => Promise<void>) => void;

/** What every store promises to the collector, the kiosk and the commands. The outbox's own contract comes beside. */
export function storeContract({ name, make }: StoreContract): void {
  const check: StoreCheck = (sentence, body) => {
    test(`store, ${name}: ${sentence}`, async () => {
      expect.hasAssertions();
      const subject = await make();
      await body(subject);
    });
  };
  adding(check);
  amending(check);
  attributing(check);
  dating(check);
  searching(check);
  buryingAndReplaying(check);
  registryContract(check);
  sessionContract(check);
  careContract(check);
  withdrawalContract(check);
  auditContract(check);
}

const withMeal = (number: number): NewReading => entryOf(glucose(number, { context: { meal: "fasting" } }));

function adding(check: StoreCheck): void {
  check("a reading that is new is stored, and the same one again is known", async ({ store }) => {
    expect(await store.add(entry(1))).toBe("stored");
    expect(await store.add(entry(1))).toBe("known");
    expect(await waitingIn(store)).toEqual([1]);
    expect(await store.counts()).toMatchObject({ readings: 1, waiting: 1 });
  });

  check("a reading that was delivered is known, and not delivered again", async ({ store }) => {
    await store.add(entry(1));
    await deliverAll(store);
    expect(await store.add(entry(1))).toBe("known");
    expect(await waitingIn(store)).toEqual([]);
  });

  check("the same reading twice in one group is stored once", async ({ store }) => {
    const outcomes = await Promise.all([1, 2, 1, 2].map((number) => store.add(entry(number))));
    expect(outcomes).toEqual(["stored", "stored", "known", "known"]);
    expect(await store.counts()).toMatchObject({ readings: 2, waiting: 2 });
  });

  check("what was added is there after the store was closed and opened again", async ({ store, reopen }) => {
    await Promise.all([1, 2, 3].map((number) => store.add(entry(number))));
    await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 1]] }]);
    const before = await store.counts();
    const again = await reopen();
    expect(await waitingIn(again)).toEqual([2, 3]);
    const { readings, waiting } = await again.counts();
    expect({ readings, waiting }).toEqual({ readings: before.readings, waiting: before.waiting });
    expect(await again.add(entry(1))).toBe("known");
  });

  check("a reading that is held or undated waits, and is not sent", async ({ store }) => {
    await store.add(entry(1, { disposition: "hold" }));
    await store.add(entry(2, { disposition: "undated" }));
    expect(await waitingIn(store)).toEqual([]);
    expect(await store.counts()).toMatchObject({ readings: 2, waiting: 0, held: 1, undated: 1 });
  });

  check("requests after the end are refused, and closing twice is no error", async ({ store }) => {
    const last = store.add(entry(1));
    await Promise.all([store.close(), store.close()]);
    expect(await last).toBe("stored");
    await expect(store.add(entry(2))).rejects.toMatchObject({ code: "store-closed" });
  });
}

function amending(check: StoreCheck): void {
  check("a context that comes later makes a new revision, which is sent in place of the first", async ({ store }) => {
    await store.add(entry(1));
    await store.add(entry(2));
    expect(await store.add(withMeal(1))).toBe("amended");
    const [, amended] = await outgoing(store);
    expect(amended).toMatchObject({ id: readingId(1), revision: 2, context: { meal: "fasting" } });
    expect(await store.counts()).toMatchObject({ readings: 2, waiting: 2 });
    expect(await store.add(withMeal(1))).toBe("known");
    expect(await store.add(entry(1))).toBe("known");
  });

  check("a receipt for the first revision does not settle the second", async ({ store }) => {
    await store.add(entry(1));
    const page = await store.page({ lane: "fresh", afterSeq: 0, readingsMax: 10, bytesMax: 60_000 });
    const sent = page?.seqs[0] ?? 0;
    await store.add(withMeal(1));
    await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[sent, sent]] }]);
    expect((await outgoing(store)).map(({ revision }) => revision)).toEqual([2]);
  });

  check("a reading that was delivered without its context is delivered again with it", async ({ store }) => {
    await store.add(entry(1));
    await deliverAll(store);
    expect(await store.add(withMeal(1))).toBe("amended");
    expect((await outgoing(store)).map(({ revision }) => revision)).toEqual([2]);
  });

  check("a held reading is completed and stays held", async ({ store }) => {
    await store.add(entryOf(glucose(1, { person: null }), { disposition: "hold" }));
    expect(await store.add(withMeal(1))).toBe("amended");
    expect(await waitingIn(store)).toEqual([]);
    const [held] = await store.readings({ limit: 10, state: "held" });
    expect(held?.reading).toMatchObject({ revision: 2, person: null, context: { meal: "fasting" } });
  });
}

function attributing(check: StoreCheck): void {
  check("a held reading is given to a person as a new revision, and sent", async ({ store }) => {
    await store.add(
      entryOf(glucose(1, { person: null, attribution: { by: "none", reference: null } }), { disposition: "hold" }),
    );
    expect(await store.attribute({ readingId: readingId(1), person: "sim-0002" })).toBe("attributed");
    const [sent] = await outgoing(store);
    expect(sent).toMatchObject({ person: "sim-0002", revision: 2, attribution: { by: "manual" } });
    expect(await store.counts()).toMatchObject({ held: 0, waiting: 1 });
  });

  check("a reading that is not held keeps its person, and one that is not there is unknown", async ({ store }) => {
    await store.add(entry(1));
    expect(await store.attribute({ readingId: readingId(1), person: "sim-0002" })).toBe("not-held");
    expect(await store.attribute({ readingId: readingId(9), person: "sim-0002" })).toBe("unknown-reading");
    expect((await outgoing(store))[0]?.person).toBe("sim-0001");
  });

  check("an attributed reading is sent after all that was there, so that no cursor misses it", async ({ store }) => {
    await store.add(entry(1, { disposition: "hold" }));
    await store.add(entry(2));
    await store.attribute({ readingId: readingId(1), person: "sim-0002" });
    expect(await waitingIn(store)).toEqual([2, 1]);
  });
}

function dating(check: StoreCheck): void {
  check("the undated readings of one boot are dated by its epoch, and sent or held", async ({ store }) => {
    await store.add(entry(1, { disposition: "undated", receivedMonotonicMs: 1_500 }));
    await store.add(entry(2, { disposition: "undated", receivedMonotonicMs: 2_500 }));
    await store.add(entry(3, { disposition: "undated", bootId: "boot-2" }));
    expect(await store.undatedBoots()).toEqual(["boot-1", "boot-2"]);
    const receivedAt: (number | null)[] = [];
    const dated = await store.dateReadings({ bootId: "boot-1", epochOfMonotonicZero: 1_000_000 }, (undated) => {
      receivedAt.push(undated.receivedAt);
      const { reading } = undated;
      const isFirst = reading.sequenceNumber === 1;
      return { reading: { ...reading, revision: 2 }, lane: "backfill", disposition: isFirst ? "deliver" : "hold" };
    });
    expect(dated).toBe(2);
    expect(receivedAt).toEqual([1_001_500, 1_002_500]);
    expect(await outgoing(store, "backfill")).toMatchObject([{ id: readingId(1), revision: 2 }]);
    expect(await store.counts()).toMatchObject({ waiting: 1, held: 1, undated: 1 });
    expect(await store.undatedBoots()).toEqual(["boot-2"]);
  });

  check("a boot whose clock was never right has readings without a time of receipt", async ({ store }) => {
    await store.add(entry(1, { disposition: "undated" }));
    const seen: (number | null)[] = [];
    await store.dateReadings({ bootId: "boot-1", epochOfMonotonicZero: null }, ({ reading, receivedAt }) => {
      seen.push(receivedAt);
      return { reading, lane: "fresh", disposition: "deliver" };
    });
    expect(seen).toEqual([null]);
    expect(await waitingIn(store)).toEqual([1]);
  });

  check("a restamp that throws leaves the readings undated", async ({ store }) => {
    await store.add(entry(1, { disposition: "undated" }));
    const refused = store.dateReadings({ bootId: "boot-1", epochOfMonotonicZero: 0 }, () => {
      throw new Error("no roster");
    });
    await expect(refused).rejects.toThrow("no roster");
    expect((await store.counts()).undated).toBe(1);
  });
}

function searching(check: StoreCheck): void {
  check("readings are found newest first, page by page", async ({ store }) => {
    for (const number of [1, 2, 3]) await store.add(entry(number));
    const first = await store.readings({ limit: 2 });
    expect(first.map(({ reading }) => reading.sequenceNumber)).toEqual([3, 2]);
    const rest = await store.readings({ limit: 2, beforeSeq: first.at(-1)?.seq ?? 0 });
    expect(rest.map(({ reading }) => reading.sequenceNumber)).toEqual([1]);
  });

  check("readings are found by person, by device and by state", async ({ store }) => {
    await store.add(entryOf(glucose(1, { person: "sim-0002" })));
    await store.add(entryOf(bloodPressure(2)));
    await store.add(entry(3, { disposition: "hold" }));
    await store.add(entry(4, { disposition: "undated" }));
    await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 1]] }]);
    await store.settle([{ lane: "fresh", fate: "rejected", seq: 2, code: "invalid", reason: "no unit" }]);
    await store.add(entry(5));
    const numbers = async (query: object): Promise<readonly (number | null)[]> =>
      (await store.readings({ limit: 10, ...query })).map(({ reading }) => reading.sequenceNumber);
    expect(await numbers({ person: "sim-0002" })).toEqual([1]);
    expect(await numbers({ deviceId: "another" })).toEqual([]);
    expect(await numbers({ state: "delivered" })).toEqual([1]);
    expect(await numbers({ state: "dead-letter" })).toEqual([2]);
    expect(await numbers({ state: "held" })).toEqual([3]);
    expect(await numbers({ state: "undated" })).toEqual([4]);
    expect(await numbers({ state: "waiting" })).toEqual([5]);
    const states = (await store.readings({ limit: 10 })).map(({ state }) => state);
    expect(states).toEqual(["waiting", "undated", "held", "dead-letter", "delivered"]);
  });
}

function buryingAndReplaying(check: StoreCheck): void {
  check("a rejected reading is a dead letter with its reason, and can be sent again", async ({ store, reopen }) => {
    await store.add(entry(1));
    await store.settle([{ lane: "fresh", fate: "rejected", seq: 1, code: "invalid", reason: "no unit" }]);
    const [letter] = await store.deadLetters({ afterId: 0, limit: 10 });
    expect(letter).toMatchObject({ readingId: readingId(1), code: "invalid", reason: "no unit" });
    const again = await reopen();
    expect(await again.replayDeadLetters([letter?.id ?? 0, 999])).toBe(1);
    expect(await waitingIn(again)).toEqual([1]);
    expect(await again.counts()).toMatchObject({ deadLetters: 0, waiting: 1 });
  });

  check("frames that are no reading are kept once for the same bytes", async ({ store }) => {
    const frames = [{ characteristic: "2A18", hex: "00FF" }];
    const fault = { deviceId: "device-1", reason: "undecodable", detail: "too short", frames, at: 5 } as const;
    await store.quarantine(fault);
    await store.quarantine({ ...fault, at: 6 });
    await store.quarantine({ ...fault, deviceId: "device-2" });
    const entries = await store.quarantined({ afterId: 0, limit: 10 });
    expect(entries.map(({ deviceId, at }) => [deviceId, at])).toEqual([
      ["device-1", 5],
      ["device-2", 5],
    ]);
    expect(entries[0]?.frames).toEqual(frames);
    expect((await store.counts()).quarantined).toBe(2);
  });
}
