import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Receipt } from "../../../cloud-sync/contract/delivery.ts";
import type { Flight } from "../../../cloud-sync/uplink/flight.ts";
import { openSeqs } from "../../../cloud-sync/uplink/flight.ts";
import type { Settlement } from "../../../cloud-sync/uplink/outbox.ts";
import { applyReceipt, readReceipt } from "../../../cloud-sync/uplink/receipts.ts";
import { createUplinkRig, rigGateway } from "../../doubles/uplink-rig.ts";

const flightOf = (seqs: readonly number[]): Flight => ({
  id: "b-1",
  lane: "fresh",
  seqs: Float64Array.from(seqs),
  bytes: 100,
  earlier: null,
  suspect: false,
  small: false,
  ordinal: 1,
  history: { failures: 0, witnessed: 0, losses: 0, since: 1 },
  acknowledgedMs: null,
  answered: new Uint8Array(seqs.length),
  openCount: seqs.length,
});

const receiptOf = (change: Partial<Receipt>): Receipt => ({
  v: 1,
  batch: "b-1",
  stored: [],
  duplicate: [],
  rejected: [],
  at: 0,
  ...change,
});

const said = (position: number): Receipt["rejected"][number] => ({ position, code: "wrong", reason: "no" });

/** The sequence numbers of a flight that a settlement names. */
const seqsOf = (settlement: Settlement, { seqs }: Flight): readonly number[] =>
  settlement.fate === "rejected"
    ? [settlement.seq]
    : settlement.seqs.flatMap(([from, through]) => [...seqs].filter((seq) => seq >= from && seq <= through));

test("positions become ranges of sequence numbers, stored and duplicate alike", () => {
  const flight = flightOf([3, 5, 8, 9, 20]);
  expect(applyReceipt(flight, receiptOf({ stored: [[0, 1]], duplicate: [[3, 4]] }))).toEqual([
    {
      lane: "fresh",
      fate: "delivered",
      seqs: [
        [3, 5],
        [9, 20],
      ],
    },
  ]);
  expect([...openSeqs(flight)]).toEqual([8]);
});

test("a receipt that comes twice settles nothing the second time", () => {
  const flight = flightOf([1, 2, 3]);
  const receipt = receiptOf({ stored: [[0, 2]] });
  expect(applyReceipt(flight, receipt)).toHaveLength(1);
  expect(applyReceipt(flight, receipt)).toEqual([]);
  expect(flight.openCount).toBe(0);
});

test("positions that the batch does not have are nobody's", () => {
  const flight = flightOf([1, 2]);
  const receipt = receiptOf({
    stored: [
      [1, 400],
      [7, 3],
      [9, 9],
    ],
    rejected: [said(17)],
  });
  expect(applyReceipt(flight, receipt)).toEqual([{ lane: "fresh", fate: "delivered", seqs: [[2, 2]] }]);
  expect([...openSeqs(flight)]).toEqual([1]);
});

test("where lists overlap, rejected counts, and each reading is settled once", () => {
  const flight = flightOf([1, 2, 3, 4]);
  const receipt = receiptOf({ stored: [[0, 3]], duplicate: [[1, 2]], rejected: [said(2), said(2)] });
  expect(applyReceipt(flight, receipt)).toEqual([
    { lane: "fresh", fate: "rejected", seq: 3, code: "wrong", reason: "no" },
    {
      lane: "fresh",
      fate: "delivered",
      seqs: [
        [1, 2],
        [4, 4],
      ],
    },
  ]);
});

test("whatever a receipt says, it settles only what the batch has, and never the same twice", () => {
  const position = fc.integer({ min: 0, max: 40 });
  const ranges = fc.array(fc.tuple(position, position), { maxLength: 8 });
  const receipts = fc.array(fc.record({ stored: ranges, duplicate: ranges, rejected: fc.array(position) }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), receipts, (count, all) => {
      const flight = flightOf(Array.from({ length: count }, (_, index) => index * 2 + 1));
      const settled: number[] = [];
      for (const { stored, duplicate, rejected } of all) {
        const receipt = receiptOf({ stored, duplicate, rejected: rejected.map(said) });
        for (const settlement of applyReceipt(flight, receipt)) {
          settled.push(...seqsOf(settlement, flight));
        }
      }
      expect(new Set(settled).size).toBe(settled.length);
      expect(new Set([...settled, ...openSeqs(flight)])).toEqual(new Set(flight.seqs));
      expect(settled.length + flight.openCount).toBe(count);
    }),
  );
});

test("bytes that are no receipt are refused, whatever they are", () => {
  const wrong = ["", "{", "null", "[]", '{"v":1}', JSON.stringify({ ...receiptOf({}), v: 2 })];
  for (const text of wrong) expect(readReceipt(Buffer.from(text))).toBeNull();
  expect(readReceipt(Uint8Array.of(0xff, 0xfe))).toBeNull();
  expect(readReceipt(Buffer.alloc(600_000, "[".charCodeAt(0)))).toBeNull();
  expect(readReceipt(Buffer.from(JSON.stringify(receiptOf({}))))).toEqual(receiptOf({}));
});

test("receipts of unknown batches, and bytes that are none, are counted and harm nothing", async () => {
  const rig = createUplinkRig();
  rig.add("fresh", 3);
  rig.start();
  await rig.clock.advance(1_000);
  const topic = `carepost/v1/${rigGateway}/receipts`;
  const send = (payload: string): void =>
    rig.broker.publish({ topic, payload: Buffer.from(payload), qos: 1, retain: false });
  send(JSON.stringify(receiptOf({ batch: "another-boot-1", stored: [[0, 9]] })));
  send("not JSON");
  await rig.clock.advance(1_000);
  expect(rig.forwarder.status().counts).toMatchObject({ receipts: 2, strayReceipts: 1, invalidReceipts: 1 });
  expect(rig.outbox.delivered.size).toBe(3);
  await rig.stop();
});

test("a receipt that comes after the batch was given up still settles it, and nothing is sent in vain", async () => {
  const rig = createUplinkRig({ forwarder: { receiptTimeoutMs: 2_000 } });
  rig.ingestor.behaviour.answer = (receipt) => [{ receipt, delayMs: 2_500 }];
  rig.add("fresh", 30);
  rig.start();
  await rig.clock.advance(60_000);
  expect(rig.outbox.delivered.size).toBe(30);
  expect(Math.max(...rig.ingestor.stored.values())).toBeLessThanOrEqual(2);
  await rig.stop();
});

test("receipts that come twice, late, in another order and in parts settle each reading once", async () => {
  const rig = createUplinkRig({ forwarder: { batchReadingsMax: 20 } });
  let turn = 0;
  rig.ingestor.behaviour.answer = (receipt) => {
    turn += 1;
    const half = { ...receipt, stored: receipt.stored.slice(0, 7), duplicate: receipt.duplicate.slice(0, 7) };
    return [
      { receipt: half, delayMs: (turn * 37) % 500 },
      { receipt, delayMs: 500 + ((turn * 91) % 700) },
      { receipt, delayMs: 1_300 },
    ];
  };
  rig.add("backfill", 1_000);
  rig.start();
  await rig.clock.advance(30_000);
  expect(rig.outbox.delivered.size).toBe(1_000);
  expect(rig.forwarder.status().counts).toMatchObject({ delivered: 1_000, readingsResent: 0 });
  await rig.stop();
});

test("what a partial receipt leaves open, and only that, is sent again", async () => {
  const rig = createUplinkRig();
  let first = true;
  rig.ingestor.behaviour.answer = (receipt) => {
    const partial = { ...receipt, stored: receipt.stored.filter(([position]) => position % 10 !== 3) };
    const answer = first ? partial : receipt;
    first = false;
    return [{ receipt: answer, delayMs: 0 }];
  };
  rig.add("fresh", 50);
  rig.start();
  await rig.clock.advance(60_000);
  expect(rig.outbox.delivered.size).toBe(50);
  const [, ...resent] = rig.ingestor.batches;
  expect(resent.flatMap(({ readings }) => readings)).toEqual([4, 14, 24, 34, 44]);
  await rig.stop();
});
