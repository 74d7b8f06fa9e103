import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FullDiskReport } from "./full-disk-child.ts";
import type { StoreTask } from "./store-child.ts";
import { temporaryFolder } from "./store-rig.ts";

/** Mounts a small file system where only this child sees it: that needs no privilege, but a kernel that allows it. */
const mountSmallDisk = 'mount -t tmpfs -o size=6m tmpfs "$1" && exec "$2" "$3" "$1"';
const inOwnNamespace = 'exec unshare --user --map-root-user --mount sh -c "$0" sh "$@"';

test("on a full disk nothing that was acknowledged is lost, deliveries still make room, and no restart is needed", (context) => {
  const probe = spawnSync("sh", ["-c", inOwnNamespace, "true"]);
  if (probe.status !== 0) context.skip("a small file system cannot be mounted here: no user namespaces");
  const folder = temporaryFolder();
  const child = join(import.meta.dirname, "full-disk-child.ts");
  const args = ["-c", inOwnNamespace, mountSmallDisk, folder, process.execPath, child];
  const { stdout, stderr } = spawnSync("sh", args, { encoding: "utf8", timeout: 25_000 });
  expect(stderr).toBe("");
  const report: FullDiskReport = JSON.parse(stdout);
  expect(report).toMatchObject({
    refusedWith: "disk-full",
    waitingWhileFull: report.accepted,
    knownWhileFull: "known",
    alarm: "disk-full",
    freeBytesBeforeSettling: 0,
    waitingAfterSettling: 0,
    addedWhileStillFull: "stored",
    alarmAfterSpaceCame: null,
    ballastIsBack: true,
    storedAtLast: 101,
    failures: [],
  });
  expect(report.accepted).toBeGreaterThan(100);
});

test("a file that must not grow any more is a failed disk: the store stops, and what was acknowledged is there", () => {
  const folder = temporaryFolder();
  const child = join(import.meta.dirname, "store-child.ts");
  const run = (limit: string, task: StoreTask): string =>
    spawnSync("sh", ["-c", `${limit} exec "$0" "$@"`, process.execPath, child, folder, task], { encoding: "utf8" })
      .stdout;
  const { accepted, failures } = JSON.parse(run("ulimit -f 2048;", "fill"));
  expect(failures).toEqual(["storage-failed"]);
  expect(accepted).toBeGreaterThan(100);
  const { waiting } = JSON.parse(run("", "count"));
  // One more may be on disk than was acknowledged: it was written when the next write failed.
  expect(waiting).toBeGreaterThanOrEqual(accepted);
  expect(waiting).toBeLessThanOrEqual(accepted + 1);
});
