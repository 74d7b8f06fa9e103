import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const source = join(import.meta.dirname, "../../../cloud-sync/identity/durable-files.ts");

/** Writes `a` and then `b`, so many of them, in a process whose files end at 1 KiB, like a disk that runs full. */
const program = `
const { diskSteps, ownerOnly, replaceFile } = await import(process.argv[1]);
const [, , path, count] = process.argv;
const write = (text) => replaceFile(path, text, { steps: diskSteps, mode: ownerOnly });
write("a".repeat(100));
try {
  write("b".repeat(Number(count)));
  console.log("written");
} catch (error) {
  console.log(error.code);
}`;

test.skipIf(process.platform === "win32")(
  "a file that does not fit on the disk is an error, and the one before it stays whole",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "carepost-durable-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "identity.pem");
    const write = (count: number): string =>
      execFileSync(
        "bash",
        [
          "-c",
          'ulimit -f 1; exec "$@"',
          "bash",
          process.execPath,
          "--input-type=module",
          "-e",
          program,
          source,
          path,
          `${count}`,
        ],
        { encoding: "utf8" },
      ).trim();
    expect([write(1024), readFileSync(path, "utf8")]).toEqual(["written", "b".repeat(1024)]);
    expect([write(3000), readFileSync(path, "utf8")]).toEqual(["EFBIG", "a".repeat(100)]);
  },
);
