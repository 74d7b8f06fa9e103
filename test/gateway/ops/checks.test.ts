import { expect, test } from "vitest";
import { judge as judgeBacklog } from "../../../gateway/ops/checks/backlog-check.ts";
import { clockCheck } from "../../../gateway/ops/checks/clock-check.ts";
import { judge as judgeDisk } from "../../../gateway/ops/checks/disk-check.ts";
import { judge as judgeIngestor } from "../../../gateway/ops/checks/ingest-check.ts";
import { nodeCheck } from "../../../gateway/ops/checks/node-check.ts";
import { judge as judgeStore } from "../../../gateway/ops/checks/store-check.ts";
import { examine } from "../../../gateway/ops/doctor.ts";
import type { StoreCounts } from "../../../gateway/store/store.ts";

const signal = new AbortController().signal;
const hourMs = 3_600_000;

test("an old Node fails", async () => {
  expect(await nodeCheck("22.14.0").run(signal)).toMatchObject({ status: "fail" });
  expect(await nodeCheck("24.0.0").run(signal)).toMatchObject({ status: "ok", mend: null });
});

test("a disk is judged by its room and by how long it takes to flush", () => {
  const disk = { folder: "/data", freeMiB: 4096, flushMs: [1, 2, 30] };
  expect(judgeDisk(disk)).toMatchObject({ status: "ok", finding: expect.stringContaining("2.0 ms, at worst 30.0 ms") });
  expect(judgeDisk({ ...disk, freeMiB: 400 }).status).toBe("warn");
  expect(judgeDisk({ ...disk, freeMiB: 40 }).status).toBe("fail");
  expect(judgeDisk({ ...disk, flushMs: [90, 150, 200] })).toMatchObject({
    status: "warn",
    mend: expect.stringContaining("faster disk"),
  });
});

test("a store that fills up, and one that is not encrypted, are told", () => {
  const store = { fileMiB: 12, isRead: true, usedPercent: 1, isEncrypted: true };
  expect(judgeStore(store)).toMatchObject({ status: "ok", finding: expect.stringContaining("encrypted") });
  expect(judgeStore({ ...store, usedPercent: 81 })).toMatchObject({ status: "warn" });
  expect(judgeStore({ ...store, isEncrypted: false })).toMatchObject({ status: "warn" });
  expect(judgeStore({ ...store, isRead: false }).finding).toContain("too large to be read whole");
});

const counts: StoreCounts = {
  readings: 100,
  waiting: 3,
  held: 0,
  undated: 0,
  deadLetters: 0,
  quarantined: 0,
  tombstones: 0,
  discarded: 0,
  fileBytes: 0,
  walBytes: 0,
  alarm: null,
};

test("what waits too long, and what waits for somebody, is told with what to do about each", () => {
  const now = 100 * hourMs;
  expect(judgeBacklog(counts, { waiting: 3, oldestUnsentAt: now - 1000 }, now)).toMatchObject({ status: "ok" });
  const troubled = { ...counts, held: 2, deadLetters: 1, tombstones: 4 };
  const { status, finding, mend } = judgeBacklog(troubled, { waiting: 3, oldestUnsentAt: now - 7 * hourMs }, now);
  expect(status).toBe("warn");
  expect(finding).toMatch(/100 readings, 3 waiting; .*7 h; 1 rejected.*; 2 held.*; 4 dropped/);
  expect(mend?.split("\n")).toHaveLength(4);
});

test("a store that takes no more readings is a failure", () => {
  const full = judgeBacklog({ ...counts, alarm: "quota" }, { waiting: 100, oldestUnsentAt: null }, 0);
  expect(full).toMatchObject({ status: "fail", finding: expect.stringContaining("(quota)") });
});

test("a clock is right by the time service's word or the operator's, and else in doubt", async () => {
  const facts = { now: Date.UTC(2026, 6, 1, 12), mark: null, assumeSynchronised: false, timeZone: "Europe/London" };
  expect(await clockCheck({ ...facts, mark: "1" }).run(signal)).toMatchObject({
    status: "ok",
    finding: "2026-07-01 13:00:00 in Europe/London, set by the time service",
  });
  expect(await clockCheck({ ...facts, assumeSynchronised: true }).run(signal)).toMatchObject({ status: "ok" });
  expect(await clockCheck(facts).run(signal)).toMatchObject({ status: "warn" });
});

test("an ingestor that is silent, forgetful or of another mind is told apart from one that is well", () => {
  const receipt = { v: 1, batch: "doctor-1", stored: [], duplicate: [], rejected: [], at: 0 } as const;
  expect(judgeIngestor(null).status).toBe("fail");
  expect(judgeIngestor({ ...receipt, stored: [], duplicate: [[0, 0]], rejected: [] }).status).toBe("ok");
  expect(judgeIngestor({ ...receipt, stored: [[0, 0]], duplicate: [], rejected: [] }).status).toBe("warn");
  const rejected = [{ position: 0, code: "reading-invalid", reason: "no" }];
  expect(judgeIngestor({ ...receipt, stored: [], duplicate: [], rejected }).finding).toContain("reading-invalid");
});

test("a check that breaks is a finding of its own, and the next one runs", async () => {
  const checks = [
    { name: "first", run: () => Promise.reject(new TypeError("x is undefined")) },
    { name: "second", run: () => Promise.resolve({ status: "ok", finding: "well", mend: null, said: [] } as const) },
  ];
  const found = await Array.fromAsync(examine(checks, signal));
  expect(found).toMatchObject([
    { check: "first", status: "fail", finding: "the check itself failed: x is undefined" },
    { check: "second", status: "ok" },
  ]);
});
