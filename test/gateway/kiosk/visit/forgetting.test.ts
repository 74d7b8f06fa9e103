import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../store/store-rig.ts";

test("when a visit is over, nothing in the memory of the program knows of its person or of what they measured", async () => {
  const child = fileURLToPath(new URL("./forgetting-child.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child, join(temporaryFolder(), "store.db")]);
  const { during, after, isGone } = JSON.parse(stdout);
  // While it lasts they are found, so the search finds what is there.
  expect(during).toMatchObject({ shown: 1 });
  expect(during.person).toBeGreaterThan(0);
  expect(during.reading).toBeGreaterThan(0);
  expect(isGone).toBe(true);
  expect(after).toEqual({ shown: 0, person: 0, reading: 0 });
}, 120_000);
