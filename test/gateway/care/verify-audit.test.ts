import * as fc from "fast-check";
import { expect, test } from "vitest";
import { verifyAudit } from "../../../gateway/care/verify-audit.ts";
import { auditEntryOf, auditHash, auditOrigin, auditText } from "../../../gateway/store/audit-chain.ts";
import type { AuditRow } from "../../../gateway/store/audit-rows.ts";
import type { Store } from "../../../gateway/store/store.ts";
import { auditOf } from "../../contracts/store-care.ts";

/** A log of so many entries, as it stands in the file. */
function logOf(entries: number): AuditRow[] {
  const rows: AuditRow[] = [];
  let { hash }: { readonly hash: string } = auditOrigin;
  for (let seq = 1; seq <= entries; seq += 1) {
    const body = auditText(seq, auditOf(seq));
    hash = auditHash(hash, body);
    rows.push({ seq, body, hash });
  }
  return rows;
}

/** A store that has these rows, read by their numbers, as a database would whatever somebody did to it. */
const storeOf = (rows: readonly AuditRow[]): Pick<Store, "auditEntries"> => ({
  auditEntries: async ({ afterSeq, limit }) =>
    rows
      .filter(({ seq }) => seq > afterSeq)
      .toSorted((one, other) => one.seq - other.seq)
      .slice(0, limit)
      .map(auditEntryOf),
});

const size = 12;
const place = fc.integer({ min: 0, max: size - 1 });

/** The rows under the numbers that somebody gives them who wants no gap to show. */
const renumbered = (rows: readonly AuditRow[]): AuditRow[] => rows.map((row, index) => ({ ...row, seq: index + 1 }));

test("a log is whole as it was written, also an empty one, and against every head that was told", async () => {
  expect(await verifyAudit(storeOf([]))).toEqual({ isWhole: true, entries: 0, head: null });
  const rows = logOf(1_203);
  const heads = rows.filter(({ seq }) => seq % 100 === 0);
  const last = rows.at(-1);
  const head = { seq: 1_203, hash: last?.hash };
  expect(await verifyAudit(storeOf(rows), heads)).toEqual({ isWhole: true, entries: 1_203, head });
});

test("whichever octet of a text is changed, the log breaks there", async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(), fc.integer({ min: 1, max: 255 }), async (index, where, bits) => {
      const rows = logOf(size);
      const row = rows[index];
      if (row === undefined) throw new Error("there is no such row");
      const octets = Buffer.from(row.body, "latin1");
      const at = where % octets.length;
      octets[at] = (octets[at] ?? 0) ^ bits;
      rows[index] = { ...row, body: octets.toString("latin1") };
      const verdict = await verifyAudit(storeOf(rows));
      expect(verdict).toMatchObject({ isWhole: false, seq: index + 1 });
    }),
  );
});

test("whichever digit of a hash is changed, the log breaks there", async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 0, max: 63 }), async (index, digit) => {
      const rows = logOf(size);
      const row = rows[index];
      if (row === undefined) throw new Error("there is no such row");
      const changed = row.hash[digit] === "0" ? "1" : "0";
      rows[index] = { ...row, hash: row.hash.slice(0, digit) + changed + row.hash.slice(digit + 1) };
      expect(await verifyAudit(storeOf(rows))).toEqual({ isWhole: false, seq: index + 1, reason: "hash" });
    }),
  );
});

test("an entry that is taken out shows, also where the others close ranks; the last one by a head", async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.boolean(), async (index, closesRanks) => {
      const whole = logOf(size);
      const rest = whole.toSpliced(index, 1);
      const rows = closesRanks ? renumbered(rest) : rest;
      const heads = index === size - 1 ? whole.slice(-1) : [];
      expect(await verifyAudit(storeOf(rows), heads)).toMatchObject({ isWhole: false, seq: index + 1 });
    }),
  );
});

test("an entry that is put in, or two that change places, show", async () => {
  await fc.assert(
    fc.asyncProperty(place, place, async (one, other) => {
      const whole = logOf(size);
      const [first, second] = [whole[one], whole[other]];
      if (first === undefined || second === undefined) throw new Error("there are no such rows");
      const doubled = renumbered(whole.toSpliced(one, 0, second));
      expect((await verifyAudit(storeOf(doubled))).isWhole).toBe(false);
      const swapped = renumbered(whole.toSpliced(one, 1, second).toSpliced(other, 1, first));
      expect((await verifyAudit(storeOf(swapped))).isWhole).toBe(one === other);
    }),
  );
});

test("a log that is cut off, or made anew from some place on, shows against a head from behind it", async () => {
  await fc.assert(
    fc.asyncProperty(place, fc.integer({ min: 1, max: size }), async (kept, headSeq) => {
      const whole = logOf(size);
      const heads = whole.slice(headSeq - 1, headSeq);
      const isBehind = headSeq > kept;
      const cut = await verifyAudit(storeOf(whole.slice(0, kept)), heads);
      const cutOff = { isWhole: false, seq: kept + 1, reason: "cut-off" };
      expect(cut).toMatchObject(isBehind ? cutOff : { isWhole: true });
      const anew = whole.slice(0, kept);
      let hash = anew.at(-1)?.hash ?? auditOrigin.hash;
      for (let seq = kept + 1; seq <= size; seq += 1) {
        const body = auditText(seq, { ...auditOf(seq), actor: "staff:other" });
        hash = auditHash(hash, body);
        anew.push({ seq, body, hash });
      }
      const forged = await verifyAudit(storeOf(anew), heads);
      const replaced = { isWhole: false, seq: headSeq, reason: "replaced" };
      expect(forged).toMatchObject(isBehind ? replaced : { isWhole: true });
    }),
  );
});

test("two different heads of one place cannot both be right", async () => {
  const rows = logOf(3);
  const [, second] = rows;
  if (second === undefined) throw new Error("there is no second row");
  const heads = [second, { seq: 2, hash: "ab".repeat(32) }];
  expect(await verifyAudit(storeOf(rows), heads)).toEqual({ isWhole: false, seq: 2, reason: "replaced" });
});

test("a text that is no entry any more breaks the log, and what is none of it is not hidden", async () => {
  const rows = logOf(3);
  rows[1] = { seq: 2, body: "{", hash: "" };
  expect(await verifyAudit(storeOf(rows))).toEqual({ isWhole: false, seq: 2, reason: "unreadable" });
  const failing = { auditEntries: () => Promise.reject(new Error("the disk is gone")) };
  await expect(verifyAudit(failing)).rejects.toThrow("the disk is gone");
});
