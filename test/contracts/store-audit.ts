import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { Roster } from "../../cloud-sync/contract/roster.ts";
import { auditOf, deedOf } from "./store-care.ts";
import type { StoreCheck } from "./store.ts";

const zeros = "0".repeat(64);
const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

const rosterOf = (version: number, ids: readonly string[], person = "sim-0001"): Roster => ({
  version,
  assignments: ids.map((id) => {
    return { id, device: `device-${id}`, userSlot: 1, person, consent: "consent-1", fromAt: 5, untilAt: null };
  }),
});

/** The audit log's chain, and the cloud's roster. */
export function auditContract(check: StoreCheck): void {
  chaining(check);
  following(check);
}

function chaining(check: StoreCheck): void {
  check("an entry's hash is over the hash before it and its own text, to the octet", async ({ store, reopen }) => {
    expect(await store.auditHead()).toBeNull();
    expect(await store.auditEntries({ afterSeq: 0, limit: 10 })).toEqual([]);
    await store.record(deedOf([], { audit: [auditOf(1)] }));
    const again = await reopen();
    await again.record(deedOf([], { audit: [auditOf(2)] }));
    const [one, two] = await again.auditEntries({ afterSeq: 0, limit: 10 });
    const text =
      '{"action":"assignment-made","actor":"staff:desk","at":1,"seq":1,"subject":' +
      '{"assignment":"Ä \u{1F600}","device":"device-1","isFirst":true,"userSlot":null}}';
    expect(one).toEqual({ ...auditOf(1), seq: 1, text, hash: sha256(zeros + text) });
    expect(two).toMatchObject({ ...auditOf(2), seq: 2, hash: sha256(sha256(zeros + text) + (two?.text ?? "")) });
    expect(await again.auditHead()).toEqual({ seq: 2, hash: two?.hash });
  });

  check("entries come in the order in which deeds brought them, page by page", async ({ store }) => {
    const numbers = Array.from({ length: 25 }, (_, index) => index + 1);
    await Promise.all(numbers.map((number) => store.record(deedOf([], { audit: [auditOf(number)] }))));
    const first = await store.auditEntries({ afterSeq: 0, limit: 20 });
    const rest = await store.auditEntries({ afterSeq: first.at(-1)?.seq ?? 0, limit: 20 });
    expect([...first, ...rest].map(({ at, seq }) => [at, seq])).toEqual(numbers.map((number) => [number, number]));
  });
}

function following(check: StoreCheck): void {
  check("a roster replaces the one before, and leaves alone what was assigned here", async ({ store, reopen }) => {
    const local = {
      id: "b",
      deviceId: "device-local",
      userSlot: null,
      person: "sim-0009",
      consent: "consent-9",
      fromAt: 1,
      untilAt: null,
      source: "local",
    } as const;
    expect(await store.rosterVersion()).toBeNull();
    await store.saveAssignment(local);
    expect(await store.followRoster(rosterOf(3, ["a", "b"]))).toBe("followed");
    expect((await store.assignments()).map(({ id, source }) => [id, source])).toEqual([
      ["b", "local"],
      ["a", "roster"],
    ]);
    const again = await reopen();
    expect(await again.rosterVersion()).toBe(3);
    expect(await again.followRoster(rosterOf(4, ["c"], "sim-0002"))).toBe("followed");
    const [first, second] = await again.assignments();
    expect(first).toEqual(local);
    const { assignments } = rosterOf(4, ["c"], "sim-0002");
    expect(second).toMatchObject({ id: "c", deviceId: assignments[0]?.device, person: "sim-0002", source: "roster" });
    expect((await again.people()).map(({ reference }) => reference)).toContain("sim-0002");
  });

  check("a roster that is not later than the one that is followed changes nothing", async ({ store }) => {
    await store.followRoster(rosterOf(3, ["a"]));
    expect(await store.followRoster(rosterOf(3, ["b"]))).toBe("stale");
    expect(await store.followRoster(rosterOf(2, ["b"]))).toBe("stale");
    expect((await store.assignments()).map(({ id }) => id)).toEqual(["a"]);
    expect(await store.rosterVersion()).toBe(3);
  });

  check("following a roster stands in the audit log, and a stale one does not", async ({ store, clock }) => {
    await store.followRoster(rosterOf(3, ["a"]));
    await store.followRoster(rosterOf(3, ["a"]));
    const entries = await store.auditEntries({ afterSeq: 0, limit: 10 });
    expect(entries).toMatchObject([
      { at: clock.now(), actor: "cloud", action: "roster-followed", subject: { version: 3, assignments: 1 } },
    ]);
  });

  check("an empty roster takes all that the one before gave", async ({ store }) => {
    await store.followRoster(rosterOf(1, ["a", "b"]));
    await store.followRoster(rosterOf(2, []));
    expect(await store.assignments()).toEqual([]);
  });
}
