import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const folder = join(import.meta.dirname, "../../../gateway/packaging/systemd");
const units = ["carepost-gateway.service", "carepost-ingest.service"];
/** Of ten, by systemd's own count: what a service could do to its machine. */
const exposureMax = 2.0;

const run = promisify(execFile);

async function exposureOf(path: string): Promise<number> {
  const { stdout } = await run("systemd-analyze", ["security", "--offline=true", "--no-pager", path]);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}

const textOf = (unit: string): string => readFileSync(join(folder, unit), "utf8");

test("systemd counts no more than 2.0 of 10 that a service could do to its machine", async () => {
  for (const unit of units) expect(await exposureOf(join(folder, unit))).toBeLessThanOrEqual(exposureMax);
});

test("the count is one: the same service without its bounds is found unsafe", async () => {
  const bare = mkdtempSync(join(tmpdir(), "carepost-unit-"));
  onTestFinished(() => rmSync(bare, { recursive: true }));
  const path = join(bare, "bare.service");
  const text = textOf("carepost-gateway.service");
  writeFileSync(path, text.slice(0, text.indexOf("NoNewPrivileges=")).replace(/^User=.*$/m, ""));
  expect(await exposureOf(path)).toBeGreaterThan(8);
});

test("systemd reads every line of the units, but for those that are of a later one", async () => {
  for (const unit of units) {
    const { stderr } = await run("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", join(folder, unit)])
      // The programs are where the package puts them, and not in a checkout.
      .catch((error: unknown) => ({ stderr: error instanceof Error && "stderr" in error ? String(error.stderr) : "" }));
    const complaints = stderr
      .split("\n")
      .filter((line) => line.includes(unit) && !/RestartSteps|RestartMaxDelaySec|not executable/.test(line));
    expect(complaints).toEqual([]);
  }
});

test("a gateway that hangs or ends is started again, however often", () => {
  const lines = textOf("carepost-gateway.service").split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "Type=notify",
      "NotifyAccess=all",
      "WatchdogSec=2min",
      "Restart=always",
      "StartLimitIntervalSec=0",
      "WantedBy=multi-user.target",
    ]),
  );
  // V8 cannot work with it, and a boot could not be told from another with that.
  expect(lines.filter((line) => /^(?:MemoryDenyWriteExecute|ProcSubset)=/.test(line))).toEqual([]);
});

test("what Node may keep of what nobody needs leaves room below the service's bounds", () => {
  const text = textOf("carepost-gateway.service");
  const mebibytes = (pattern: RegExp): number => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const old = mebibytes(/^ExecStart=.* --max-old-space-size=(\d+) /m);
  // Node's young generation is three halves of this size.
  const young = 3 * mebibytes(/^ExecStart=.* --max-semi-space-size=(\d+) /m);
  const [high, max] = [mebibytes(/^MemoryHigh=(\d+)M$/m), mebibytes(/^MemoryMax=(\d+)M$/m)];
  // Its file, its compiled code, the database's pages and the threads' stacks.
  const besidesMiB = 100;
  expect(old + young + besidesMiB).toBeLessThan(high);
  expect(high).toBeLessThan(max);
  expect(text).toMatch(/^Environment=MALLOC_ARENA_MAX=2$/m);
});
