import { expect } from "vitest";
import type { GatewayEvent } from "../../cloud-sync/contract/control.ts";
import type { Change, ConsentRecord, Deed, NewAuditEntry } from "../../gateway/store/store.ts";
import { auditHash, auditOrigin, auditText } from "../../gateway/store/audit-chain.ts";
import { uuidV5 } from "../../cloud-sync/uuid-v5.ts";
import { glucose, readingId } from "../cloud-sync/ingest/sample-readings.ts";
import { entry, entryOf, waitingIn } from "../gateway/store/store-entries.ts";
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
  subject: { device: `device-${number}`, assignment: "Ä \u{1F600}", userSlot: null },
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

/** Deeds: what people decide, with its events and its audit entries. */
export function careContract(check: StoreCheck): void {
  check("a deed is on disk with its changes, its events and its audit entries", async ({ store, reopen }) => {
    const deed = deedOf([{ type: "consent", consent }], { events: [consentEvent(1, "given")], audit: [auditOf(1)] });
    expect(await store.record(deed)).toEqual({ notHeld: [], removed: 0, withdrawn: [] });
    const again = await reopen();
    expect(await again.consents({ limit: 10 })).toEqual([consent]);
    expect(await again.pendingEvents({ afterSeq: 0, limit: 10 })).toEqual([
      { seq: 1, event: consentEvent(1, "given") },
    ]);
    const text = auditText(1, auditOf(1));
    const hash = auditHash(auditOrigin.hash, text);
    expect(await again.auditEntries({ afterSeq: 0, limit: 10 })).toEqual([{ ...auditOf(1), seq: 1, text, hash }]);
    expect(await again.auditHead()).toEqual({ seq: 1, hash });
    expect((await again.people()).map(({ reference }) => reference)).toEqual(["sim-0001"]);
  });

  check("withdrawing removes what was not delivered, and it is not stored again", async ({ store }) => {
    await store.record(deedOf([{ type: "consent", consent }]));
    await store.add(entry(1));
    await store.settle([{ lane: "fresh", fate: "delivered", seqs: [[1, 1]] }]);
    await store.add(entry(2));
    await store.add(entry(3, { disposition: "hold" }));
    await store.add(entryOf(glucose(4, { person: "sim-0002" })));
    const change: Change = { type: "withdraw", person: "sim-0001", at: Date.UTC(2030, 0) };
    const outcome = await store.record(deedOf([change], { events: [consentEvent(1, "withdrawn")] }));
    expect(outcome).toEqual({ notHeld: [], removed: 2, withdrawn: ["consent-1"] });
    const [pending] = await store.pendingEvents({ afterSeq: 0, limit: 10 });
    expect(pending?.event.event).toMatchObject({ removed: 2 });
    expect(await waitingIn(store)).toEqual([4]);
    expect(await store.add(entry(2))).toBe("known");
    expect(await store.add(entry(5))).toBe("known");
    expect(await store.counts()).toMatchObject({ readings: 2, waiting: 1, held: 0 });
  });

  check("a held reading that is discarded is not sent, and known when it is read again", async ({ store }) => {
    await store.add(entryOf(glucose(1, { person: null }), { disposition: "hold" }));
    const change: Change = { type: "discard", readingId: readingId(1) };
    expect(await store.record(deedOf([change, change]))).toMatchObject({ notHeld: [readingId(1)] });
    expect(await store.counts()).toMatchObject({ readings: 1, held: 0, discarded: 1, waiting: 0 });
    expect(await store.add(entryOf(glucose(1, { context: { meal: "fasting" } })))).toBe("known");
    expect((await store.readings({ limit: 10, state: "discarded" })).map(({ state }) => state)).toEqual(["discarded"]);
  });
}
