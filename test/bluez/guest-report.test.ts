import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { GuestReport } from "./guest-report.ts";

const all = { success: true, numPassedTests: 3, numFailedTests: 0, numPendingTests: 1 };

function report(written: unknown = all): GuestReport {
  const folder = mkdtempSync(join(tmpdir(), "guest-report-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  if (written !== null) writeFileSync(join(folder, "report.json"), JSON.stringify(written));
  return new GuestReport(folder);
}

test("a guest that ended well, and whose suites passed, has passed", () => {
  expect(report().judge({ type: "over", exitCode: 0 })).toEqual({
    passed: true,
    summary: "3 passed, 0 failed, 1 skipped",
  });
});

test.each([
  ["that never reported", null, 0],
  ["of which the suites failed", { ...all, success: false, numFailedTests: 1 }, 1],
  ["that ran no test at all", { ...all, numPassedTests: 0 }, 0],
  ["whose report is none", { hello: true }, 0],
  ["that has a good report and a bad end", all, 1],
  ["that ended without a verdict", all, null],
])("a guest %s has failed", (_, written, exitCode) => {
  expect(report(written).judge({ type: "over", exitCode }).passed).toBe(false);
});

test("a guest that was cut off has failed, and says so", () => {
  expect(report().judge({ type: "took-too-long" })).toMatchObject({
    passed: false,
    summary: expect.stringMatching(/in time/),
  });
  expect(report().judge({ type: "interrupted" }).passed).toBe(false);
});

test.each([
  "BUG: Bad page map in process node",
  "Kernel panic - not syncing: nothing",
  "[ 3.2] WARNING: CPU: 0 PID: 1",
])("nothing counts after the kernel said %s", (line) => {
  const harmed = report();
  harmed.hear(line);
  expect(harmed.judge({ type: "over", exitCode: 0 })).toMatchObject({
    passed: false,
    summary: expect.stringMatching(/harm/),
  });
});

test("shows what the suites say, and not what the kernel says while it starts", () => {
  const shown = ["Core dump limits :", "[    0.1] Linux version 6.12", "", "\u001B[32m ✓ a test\u001B[0m  "].map(
    (line) => report().hear(line),
  );
  expect(shown).toEqual([null, null, null, " ✓ a test"]);
});
