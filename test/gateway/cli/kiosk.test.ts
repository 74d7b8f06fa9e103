import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { matches } from "../../../cloud-sync/http/secret-line.ts";
import { readPinFile } from "../../../gateway/kiosk/http/pin-file.ts";
import { openApiDocument } from "../../../gateway/kiosk/http/open-api.ts";
import { version } from "../../../gateway/cli/version.ts";
import { carepost } from "./run-carepost.ts";

/** Hashes, processes and sockets are slow where everything else runs as well. */
vi.setConfig({ testTimeout: 120_000 });

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-kiosk-cli-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("pin keeps a hash of what it reads, for its owner alone, and replaces a name's earlier one", async () => {
  const path = join(folder, "staff");
  const set = (name: string, input: string): ReturnType<typeof carepost> =>
    carepost(["kiosk", "pin", name, "--file", path], { folder, input });
  expect(await set("counter-1", "493817\n")).toMatchObject({ code: 0, stdout: "" });
  expect((await set("counter-2", "705162\n")).code).toBe(0);
  expect((await set("counter-1", "83920174\n")).code).toBe(0);
  const entries = readPinFile(readFileSync(path, "utf8"));
  expect(entries.map(({ name }) => name)).toEqual(["counter-2", "counter-1"]);
  expect(await matches(entries[1], "83920174")).toBe(true);
  expect(await matches(entries[1], "493817")).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, "utf8")).not.toContain("705162");
});

test("pin refuses what many would choose and a name that is none, and leaves the file as it is", async () => {
  const path = join(folder, "none");
  for (const weak of ["1234", "hello"]) {
    const refused = await carepost(["kiosk", "pin", "counter-1", "--file", path], { folder, input: `${weak}\n` });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("kiosk-pin-weak") });
  }
  expect((await carepost(["kiosk", "pin", "a b", "--file", path], { folder })).code).toBe(2);
  expect(() => statSync(path)).toThrow("ENOENT");
});

test("pin writes into the file that the configuration names", async () => {
  const needed = 'gateway: { id: g, timeZone: UTC }\nstore: { path: g.db }\nuplink: { url: "mqtt://127.0.0.1" }\n';
  writeFileSync(join(folder, "carepost.yaml"), needed);
  const unnamed = await carepost(["kiosk", "pin", "counter-1"], { folder, input: "493817\n" });
  expect(unnamed).toMatchObject({ code: 1, stderr: expect.stringContaining("kiosk-staff-file-unnamed") });
  writeFileSync(join(folder, "carepost.yaml"), `${needed}kiosk: { staffFile: people }\n`);
  expect((await carepost(["kiosk", "pin", "counter-1"], { folder, input: "493817\n" })).code).toBe(0);
  expect(readFileSync(join(folder, "people"), "utf8")).toMatch(/^counter-1:scrypt:/);
});

test("the kiosk's API is printed as the gateway serves it", async () => {
  const printed = JSON.parse((await carepost(["contract", "--kiosk"])).stdout);
  expect(printed).toEqual(JSON.parse(JSON.stringify(openApiDocument(version()))));
});
