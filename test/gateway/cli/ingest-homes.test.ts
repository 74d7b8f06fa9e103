import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { enrolled } from "../../contracts/care-events.ts";
import { carepost, type Finished } from "./run-carepost.ts";

let folder = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "carepost-ingest-homes-"));
  const sink = await openSqliteSink({ path: join(folder, "sink.db"), key: null, clock: systemClock, thread: "inline" });
  const fromAt = Date.UTC(2026, 10, 22, 9, 30);
  await sink.commitEvents([
    enrolled({ id: "e1", person: "sim-0001", device: "serial:Maker/Cuff/é", userSlot: 2, fromAt }),
    enrolled({ id: "e2", person: "sim-0002", fromAt }),
  ]);
  await sink.close();
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const run = (...args: readonly string[]): Promise<Finished> =>
  carepost(["ingest", ...args, "--sink", join(folder, "sink.db")], { folder });

const limitMs = 120_000;

test("a home is set, and listed", { timeout: limitMs }, async () => {
  expect(await run("homes", "list")).toMatchObject({
    code: 0,
    stdout: "",
    stderr: expect.stringContaining("homes set"),
  });
  const set = await run("homes", "set", "sim-0001", "hub-0001");
  expect(set).toMatchObject({ code: 0, stderr: expect.stringMatching(/^1 said, 1 /) });
  expect((await run("homes", "list")).stdout.split("\n")).toEqual(["PERSON    HOME HUB", "sim-0001  hub-0001", ""]);
});

test("a roster is shown until nobody is at home there", { timeout: limitMs }, async () => {
  expect((await run("rosters", "show", "hub-0001")).stderr).toContain("is nobody's home");
  await run("homes", "set", "sim-0001", "hub-0001");
  const shown = await run("rosters", "show", "hub-0001");
  expect(shown.stderr).toMatch(/^Version \d+, 1 devices\.\n$/);
  expect(shown.stdout.split("\n")[1]).toBe(
    "sim-0001  serial:Maker/Cuff/?  2     2026-11-22 09:30  consent-of-sim-0001",
  );
  const removed = await run("homes", "remove", "sim-0001", "sim-0009");
  expect(removed.stderr).toBe("1 of 2 had a home hub, and have none now.\n");
  expect(JSON.parse((await run("rosters", "show", "hub-0001", "--json")).stdout)).toMatchObject({ assignments: [] });
});

test(
  "homes come from a file, all of it or nothing, and the same file again changes nothing",
  { timeout: limitMs },
  async () => {
    const file = join(folder, "homes.csv");
    writeFileSync(file, '\uFEFFperson,gateway\r\nsim-0001,hub-0001\r\n# moved\n\n"sim-0002";"hub-0002"\n');
    expect((await run("homes", "set", "--from", file)).stderr).toMatch(/^2 said, 2 /);
    expect((await run("homes", "set", "--from", file)).stderr).toMatch(/^2 said, 0 /);
    expect((await run("homes", "list", "--limit", "1")).stderr).toBe("More may follow: --after sim-0001\n");
    writeFileSync(file, "sim-0003,hub-0003\nJane Doe,hub-0004\n");
    const refused = await run("homes", "set", "--from", file);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("Line 2") });
    expect(refused.stderr).not.toContain("Jane");
    expect((await run("homes", "list")).stdout).not.toContain("sim-0003");
  },
);

test("half a home, or a home beside a file, is bad usage", { timeout: limitMs }, async () => {
  for (const args of [[], ["sim-0001"], ["sim-0001", "hub-0001", "--from", "x.csv"]]) {
    expect((await run("homes", "set", ...args)).code).toBe(2);
  }
});
