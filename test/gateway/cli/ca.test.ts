import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { carepost, launcher, type Finished } from "./run-carepost.ts";

/** One authority for all tests of this file, made and served by the command as an operator would. */
const folder = mkdtempSync(join(tmpdir(), "carepost-ca-"));
let fingerprint = "";
let service: ChildProcess;
let url = "";

const run = (...args: readonly string[]): Promise<Finished> => carepost(args, { folder });
const mode = (name: string): number => statSync(join(folder, name)).mode & 0o777;

beforeAll(async () => {
  const made = await run("ca", "init", "--json");
  ({ fingerprint } = JSON.parse(made.stdout));
  service = spawn(process.execPath, [launcher, "ca", "serve", "--port", "0", "--ip", "127.0.0.1", "--json"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { stdout } = service;
  if (stdout === null) throw new Error("no output");
  const [line] = await once(createInterface(stdout), "line");
  url = `https://127.0.0.1:${JSON.parse(String(line)).port}`;
});
afterAll(async () => {
  service.kill("SIGTERM");
  await once(service, "close");
  rmSync(folder, { recursive: true });
});

test("init makes an authority whose keys are its owner's, and never makes it twice", async () => {
  expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/);
  for (const name of ["root.key", "issuing.key", "authority.db"]) expect(mode(`ca/${name}`)).toBe(0o600);
  const root = readFileSync(join(folder, "ca/root.crt"), "utf8");
  expect(readFileSync(join(folder, "ca/ca.crt"), "utf8")).toContain(root);
  expect(readFileSync(join(folder, "ca/crl.pem"), "utf8").match(/BEGIN X509 CRL/g)).toHaveLength(2);
  const again = await run("ca", "init");
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("authority-exists") });
  expect(readFileSync(join(folder, "ca/root.crt"), "utf8")).toBe(root);
});

test("a gateway enrols by token and fingerprint, once; and not at all after its revocation", async () => {
  const token = await run("ca", "token", "gw-0001", "--valid", "7d");
  expect(token.stdout).toMatch(/^[0-9a-z]{6}(?:-[0-9a-z]{5}){4}\n$/);
  writeFileSync(join(folder, "token"), token.stdout);
  const enrol = ["enroll", "--url", url, "--gateway", "gw-0001", "--token-file", "token"];
  const pinned = [...enrol, "--folder", "identity", "--ca-fingerprint", fingerprint];
  expect(await run(...pinned)).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("gw-0001 is enrolled, until"),
  });
  expect(mode("identity/identity.pem")).toBe(0o600);
  expect(await run(...pinned)).toMatchObject({ code: 0, stderr: expect.stringContaining("enrolled already") });
  const elsewhere = await run(...enrol, "--folder", "other", "--ca-file", "ca/ca.crt");
  expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining("enrolment-refused") });

  expect(await run("ca", "revoke", "gw-0001", "--json")).toMatchObject({
    code: 0,
    stdout: '{"kind":"gateway","name":"gw-0001","certificates":1}\n',
  });
  expect(JSON.parse((await run("ca", "list", "--json")).stdout)).toMatchObject([
    { name: "gw-0001", status: "revoked" },
  ]);
  expect(await run("ca", "token", "gw-0001")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--reinstate"),
  });
  expect((await run("ca", "token", "gw-0001", "--reinstate")).code).toBe(0);
});

test("a certificate for a broker is issued under its names, and no key is overwritten", async () => {
  const issue = ["ca", "issue", "server", "--dns", "broker.example", "--cert", "broker.crt", "--key", "broker.key"];
  expect(await run(...issue)).toMatchObject({ code: 0 });
  expect(mode("broker.key")).toBe(0o600);
  const key = readFileSync(join(folder, "broker.key"), "utf8");
  expect(await run(...issue)).toMatchObject({ code: 1, stderr: expect.stringContaining("file-present") });
  expect(readFileSync(join(folder, "broker.key"), "utf8")).toBe(key);
  const nameless = await run("ca", "issue", "server", "--cert", "x.crt", "--key", "x.key");
  expect(nameless).toMatchObject({ code: 1, stderr: expect.stringContaining("host-name-invalid") });
  expect(existsSync(join(folder, "x.key"))).toBe(false);
  expect(await run("ca", "issue", "ingestor", "a", "--cert", "a.crt", "--key", "a.key")).toMatchObject({ code: 0 });
});

test("where files cannot be written, nothing is issued, and what to mend is said", async () => {
  writeFileSync(join(folder, "file"), "");
  const before = (await run("ca", "list", "--json")).stdout;
  const issue = ["ca", "issue", "server", "--dns", "lost.example"];
  const cases: readonly (readonly [code: string, ...args: readonly string[]])[] = [
    ["file-unwritable", ...issue, "--cert", "file/b.crt", "--key", "b.key"],
    ["file-unwritable", ...issue, "--cert", "b.crt", "--key", "absent/b.key"],
    ["file-present", ...issue, "--cert", "b.pem", "--key", "./b.pem"],
    ["authority-unwritable", "ca", "init", "--dir", "absent/ca"],
    ["enrolment-listen-failed", "ca", "serve", "--port", new URL(url).port],
    ["identity-unwritable", "enroll", "--url", url, "--gateway", "gw-9", "--folder", "file/id", "--token", "any"],
  ];
  for (const [code, ...args] of cases) {
    const { stderr, ...ended } = await run(...args);
    expect([code, ended.code, stderr]).toEqual([code, 1, expect.stringContaining(`(${code})`)]);
    expect(stderr).not.toContain("fault of the program");
  }
  expect(["b.crt", "b.key", "b.pem"].filter((name) => existsSync(join(folder, name)))).toEqual([]);
  expect((await run("ca", "list", "--json")).stdout).toBe(before);
});

test("bad usage is told as such, and what is missing is named", async () => {
  expect(await run("ca", "token", "no gateway")).toMatchObject({ code: 2 });
  expect(await run("ca", "token", "gw-1", "--valid", "0d")).toMatchObject({ code: 2 });
  expect(await run("ca", "token", "ingestor-1")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("reserved"),
  });
  expect(await run("ca", "list", "--dir", "nowhere")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("authority-absent"),
  });
  expect(await run("enroll", "--url", "http://ca.example")).toMatchObject({ code: 2 });
  const nothing = await run("enroll", "--gateway", "gw-1");
  expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining("identity.folder") });
});
