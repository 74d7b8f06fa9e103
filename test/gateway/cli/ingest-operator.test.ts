import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { matches } from "../../../cloud-sync/http/secret-line.ts";
import { readPasswordFile } from "../../../cloud-sync/ingest/operator/password-file.ts";
import { carepost, launcher } from "./run-carepost.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-operator-cli-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("operator-password keeps a hash of what it reads, for its owner alone, and replaces a name's earlier one", async () => {
  const path = join(folder, "operators");
  const set = (name: string, input: string): ReturnType<typeof carepost> =>
    carepost(["ingest", "operator-password", path, name], { folder, input });
  expect(await set("ops", "the first password\n")).toMatchObject({ code: 0, stdout: "" });
  expect((await set("night", "another password\n")).code).toBe(0);
  expect((await set("ops", "the second password\n")).code).toBe(0);
  const entries = readPasswordFile(readFileSync(path, "utf8"));
  expect(entries.map(({ name }) => name)).toEqual(["night", "ops"]);
  expect(await matches(entries[1], "the second password")).toBe(true);
  expect(await matches(entries[1], "the first password")).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).not.toContain("password");
});

test("operator-password refuses a short password and a name that is none, and leaves the file as it is", async () => {
  const path = join(folder, "none");
  const short = await carepost(["ingest", "operator-password", path, "ops"], { folder, input: "short\n" });
  expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining("12 to 256 characters") });
  expect((await carepost(["ingest", "operator-password", path, "o p"], { folder })).code).toBe(2);
  expect(() => statSync(path)).toThrow("ENOENT");
});

const listening = z.object({ event: z.literal("listening"), operator: z.url().nullable() });

test("an ingestor serves the page where it is told to, says where, and ends with it", { timeout: 60_000 }, async () => {
  const options = ["ingest", "--sink", join(folder, "sink.db"), "--port", "0", "--operator", "0", "--json"];
  const child = spawn(process.execPath, [launcher, ...options], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let told = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
  const [first] = z.tuple([z.string()]).parse(await once(createInterface({ input: child.stdout }), "line"));
  const { operator } = listening.parse(JSON.parse(first));
  const fleet = await fetch(new URL("/api/fleet", operator ?? ""));
  expect(await fleet.json()).toMatchObject({ gateways: 0, connections: 0, sink: { readings: 0, deadLetters: 0 } });
  expect(await (await fetch(new URL("/metrics", operator ?? ""))).text()).toContain("carepost_ingest_source_up 1");
  expect((await fetch(new URL("/readyz", operator ?? ""))).status).toBe(200);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(told).toContain(`The operator's page: ${operator}`);
  expect(told).not.toContain("Warning");
});
