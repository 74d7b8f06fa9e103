import { expect, test } from "vitest";
import { receipt } from "../../../cloud-sync/contract/delivery.ts";
import { receiptOf } from "../../../cloud-sync/ingest/receipt-of.ts";
import { rejection } from "../../../cloud-sync/ingest/rejection.ts";

test("positions come as the runs of each fate", () => {
  const wrong = rejection("reading-invalid", "kind: invalid");
  const fates = ["stored", "stored", "duplicate", wrong, "stored", "duplicate", "duplicate"] as const;
  expect(receiptOf("b1", fates, 5)).toEqual({
    v: 1,
    batch: "b1",
    stored: [
      [0, 1],
      [4, 4],
    ],
    duplicate: [
      [2, 2],
      [5, 6],
    ],
    rejected: [{ position: 3, ...wrong }],
    at: 5,
  });
});

test("the largest receipts are valid and fit into what a broker bears", () => {
  const wrong = rejection("envelope-gateway-mismatch", '"\\é'.repeat(600));
  for (const length of [1, 100, 250, 500]) {
    const made = receiptOf(
      "b".repeat(64),
      Array.from({ length }, () => wrong),
      1_750_000_000_000,
    );
    expect(receipt.parse(made)).toEqual(made);
    expect(new TextEncoder().encode(JSON.stringify(made)).byteLength).toBeLessThan(65_000);
  }
  const alternating = Array.from({ length: 500 }, (_, n) => (n % 2 === 0 ? "stored" : "duplicate"));
  const made = receiptOf("b1", alternating, 1);
  expect(receipt.parse(made)).toEqual(made);
  expect(JSON.stringify(made).length).toBeLessThan(65_000);
});
