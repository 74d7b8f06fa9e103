import { readFileSync, statSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Ballast, ballastPath, freeBytes } from "../../../cloud-sync/sqlite/ballast.ts";
import { temporaryFolder } from "../../gateway/store/store-rig.ts";

const bytes = 300_000;

function made(): { readonly ballast: Ballast; readonly path: string } {
  const path = join(temporaryFolder(), "store.db");
  return { ballast: new Ballast(path, bytes), path: ballastPath(path) };
}

function complete(ballast: Ballast): number {
  let steps = 1;
  while (ballast.growStep(100_000)) steps += 1;
  return steps;
}

test("a ballast is made in short steps, of bytes that no file system can compress", () => {
  const { ballast, path } = made();
  expect(ballast.isWhole).toBe(false);
  expect(complete(ballast)).toBe(3);
  expect(ballast.isWhole).toBe(true);
  expect(statSync(path).size).toBe(bytes);
  expect(gzipSync(readFileSync(path).subarray(0, 60_000)).length).toBeGreaterThan(60_000);
});

test("a ballast that was let go is gone, once", () => {
  const { ballast } = made();
  complete(ballast);
  expect(ballast.release()).toBe(true);
  expect(ballast.release()).toBe(false);
  expect(ballast.heldBytes).toBe(0);
});

test("one that is left over from a crash is completed, and one of other limits is cut", () => {
  const { ballast, path } = made();
  for (const leftOver of [1_000, 900_000]) {
    writeFileSync(path, Buffer.alloc(leftOver, 1));
    complete(ballast);
    expect(statSync(path).size).toBe(bytes);
  }
});

test("it is made only where as much again stays free", () => {
  const { ballast, path } = made();
  expect(ballast.fits).toBe(true);
  expect(new Ballast(path, freeBytes(path) * 0.6).fits).toBe(false);
});
