import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testAuthority } from "../../doubles/test-authority.ts";
import { carepost } from "./run-carepost.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-broker-config-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const files = ["--dir", "out", "--ca", "ca.pem", "--cert", "broker.crt", "--key", "broker.key"];
const mosquitto = (...more: readonly string[]): ReturnType<typeof carepost> =>
  carepost(["broker-config", "mosquitto", ...files, ...more], { folder });

test("mosquitto's two files are written once, with paths that hold from anywhere", async () => {
  const { code, stdout } = await mosquitto("--crl", "crl.pem", "--port", "18883", "--ingestor", "a", "b");
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${folder}/out/mosquitto.conf\n${folder}/out/acl\n` });
  const configuration = readFileSync(join(folder, "out/mosquitto.conf"), "utf8").split("\n");
  expect(configuration).toEqual(
    expect.arrayContaining([
      "listener 18883",
      `cafile ${folder}/ca.pem`,
      `crlfile ${folder}/crl.pem`,
      `acl_file ${folder}/out/acl`,
      "require_certificate true",
      "use_identity_as_username true",
      "use_username_as_clientid true",
    ]),
  );
  expect(readFileSync(join(folder, "out/acl"), "utf8")).toContain("user ingestor-b\n");
  expect(await mosquitto()).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already") });
  expect(await mosquitto("--force", "--deny", "gw-9")).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, "out/acl"), "utf8")).toContain("user gw-9\ntopic deny #\n");
});

test("a name that would be a rule of its own is refused, and nothing is written", async () => {
  const refused = await mosquitto("--ingestor", "a\ntopic readwrite #");
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("is not the name of an ingestor") });
  expect(await mosquitto()).toMatchObject({ code: 0 });
  expect(await carepost(["broker-config", "mosquitto"])).toMatchObject({ code: 2 });
});

test("the ingestion end's check says which certificate or list is wrong, and how to mend it", async () => {
  const authority = await testAuthority();
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  const server = await authority.server();
  put("ca.pem", authority.ca);
  put("own.crt", server.cert);
  put("own.key", server.key);
  put("crl.pem", await authority.crl([]));
  const keys = "path: sink.db, caFile: ca.pem, certFile: own.crt, certKeyFile: own.key, crlFile: crl.pem";
  put("carepost.yaml", `ingest: { host: 0.0.0.0, ${keys} }`);
  const check = async (): Promise<readonly unknown[]> => {
    const { stdout } = await carepost(["ingest", "check", "--json"], { folder });
    const { checks }: { checks: readonly { check: string; status: string; finding: string }[] } = JSON.parse(stdout);
    return checks.slice(0, 2).map(({ check: name, status, finding }) => [name, status, finding]);
  };
  expect(await check()).toEqual([
    ["certificate files", "ok", expect.stringContaining("key and certificate fit")],
    ["revocation list", "ok", "signed by a known authority, and not overdue"],
  ]);
  put("own.key", (await authority.server()).key);
  put("crl.pem", await authority.crl([], 2));
  expect(await check()).toEqual([
    ["certificate files", "fail", "the key does not fit the certificate"],
    ["revocation list", "warn", expect.stringContaining("overdue")],
  ]);
  put("crl.pem", "x");
  expect((await check())[1]).toEqual(["revocation list", "fail", expect.stringContaining("holds no revocation list")]);
  rmSync(join(folder, "own.crt"));
  expect((await check())[0]).toEqual(["certificate files", "fail", expect.stringContaining("own.crt cannot be read")]);
});
