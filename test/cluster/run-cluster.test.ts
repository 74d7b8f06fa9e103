import { expect, test } from "vitest";
import { type ClusterReport, flawsOf } from "./run-cluster.ts";

const percentiles = { count: 1, p50: 1, p99: 1, max: 1 };

const whole: Omit<ClusterReport, "flaws" | "evidence"> = {
  shape: "nats",
  gateways: 100,
  seed: 1,
  forMs: 60_000,
  struck: [{ name: "ingestor one killed", atMs: 1_000, upAfterMs: 2_000 }],
  fleet: {
    network: { opened: 100, attempts: 100 },
    totals: {
      shown: 500,
      receipted: 500,
      waiting: 0,
      rejected: 0,
      deadLettered: 0,
      lost: 0,
      resent: 3,
      receiptMs: percentiles,
      deliveryMs: percentiles,
    },
    sink: { rows: 500, lost: 0, doubled: 0, storedUnreceipted: 0 },
  },
  rows: 500,
  distinct: 500,
  deadLetters: 0,
};

const withTotals = (totals: Partial<typeof whole.fleet.totals>): typeof whole => ({
  ...whole,
  fleet: { ...whole.fleet, totals: { ...whole.fleet.totals, ...totals } },
});

test("a run in which every reading arrived once has no flaw", () => {
  expect(flawsOf(whole, 1)).toEqual([]);
});

test.for([
  ["a reading that is nowhere", withTotals({ lost: 1 })],
  ["one without a receipt", withTotals({ waiting: 1 })],
  ["one that was rejected", withTotals({ rejected: 1 })],
  ["one that its gateway gave up", withTotals({ deadLettered: 1 })],
  ["a fleet that measured nothing", withTotals({ shown: 0 })],
  ["a row too few", { ...whole, rows: 499, distinct: 499 }],
  ["a row twice", { ...whole, rows: 501 }],
  [
    "a receipt without a row",
    { ...whole, fleet: { ...whole.fleet, sink: { rows: 499, lost: 1, doubled: 0, storedUnreceipted: 0 } } },
  ],
  ["a database that nobody compared", { ...whole, fleet: { ...whole.fleet, sink: null } }],
  ["a dead letter", { ...whole, deadLetters: 1 }],
] as const)("a run with %s is wrong", ([, report]) => {
  expect(flawsOf(report, 1)).not.toEqual([]);
});

test("a run in which something was not struck proves nothing", () => {
  expect(flawsOf(whole, 2)).toEqual(["not everything was struck"]);
});

test("neither does one in which something was struck after the last reading", () => {
  const late = { ...whole, struck: [{ name: "ingestor one killed", atMs: 61_000, upAfterMs: 2_000 }] };
  expect(flawsOf(late, 1)).toHaveLength(1);
});
