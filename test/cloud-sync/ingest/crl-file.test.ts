import { X509Certificate } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newCrlPem } from "../../../cloud-sync/identity/certificates.ts";
import { type CrlFile, openCrlFile } from "../../../cloud-sync/ingest/crl-file.ts";
import { ingestErrors } from "../../../cloud-sync/ingest/ingest-error.ts";
import { type KeptLog, keptLog } from "../../doubles/kept-log.ts";
import { realClock } from "../../doubles/real-clock.ts";
import { otherTestAuthority, testAuthority } from "../../doubles/test-authority.ts";

let folder = "";
let path = "";
let log: KeptLog;
const open: CrlFile[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-crl-"));
  path = join(folder, "crl.pem");
  log = keptLog();
});
afterEach(() => {
  for (const file of open.splice(0)) file.close();
  rmSync(folder, { recursive: true });
});

async function openFile(pem: string): Promise<CrlFile> {
  const { ca } = await testAuthority();
  writeFileSync(path, pem);
  const file = await openCrlFile({ path, authorities: () => ca }, { clock: realClock, log });
  open.push(file);
  return file;
}

/** As who issues lists does it: the new file takes the place of the old one at once. */
function replace(pem: string): void {
  writeFileSync(`${path}.new`, pem);
  renameSync(`${path}.new`, path);
}

const told = (): readonly unknown[] =>
  log.lines.filter(({ event }) => event === "crl-kept").map(({ fields }) => fields);
const leaf = (pem: string): X509Certificate => new X509Certificate(pem);

test("a certificate in any of the lists is revoked, and no other", async () => {
  const authority = await testAuthority();
  const [bad, good] = [await authority.gateway("gw-1"), await authority.gateway("gw-1")];
  const file = await openFile(await authority.crl([bad.cert]));
  expect([bad, good].map(({ cert }) => file.isRevoked(leaf(cert)))).toEqual([true, false]);
  const stranger = await (await otherTestAuthority()).gateway("gw-1");
  expect(file.isRevoked(leaf(stranger.cert))).toBe(false);
  expect(file.fault()).toBeNull();
});

test("with an authority all that it issued is revoked", async () => {
  const { root, issuing, gateway } = await testAuthority();
  const now = Date.now();
  const revoked = [{ serial: leaf(issuing.cert).serialNumber, revokedAt: now }];
  const list = await newCrlPem({ authority: root, revoked, number: 1, now, nextUpdate: now + 86_400_000 });
  const file = await openFile(list);
  expect(file.isRevoked(leaf((await gateway("gw-1")).cert))).toBe(true);
});

test("what replaces the file is in force within moments, and whoever listens is told", async () => {
  const authority = await testAuthority();
  const { cert } = await authority.gateway("gw-1");
  const file = await openFile(await authority.crl([]));
  let changes = 0;
  file.onChange(() => (changes += 1));
  replace(await authority.crl([cert]));
  await expect.poll(() => file.isRevoked(leaf(cert))).toBe(true);
  expect(changes).toBe(1);
});

test("a broken, forged or absent list is told once, and the last good one stays in force", async () => {
  const authority = await testAuthority();
  const { cert } = await authority.gateway("gw-1");
  const good = await authority.crl([cert]);
  const file = await openFile(good);
  const forged = await (await otherTestAuthority()).crl([]);
  for (const bad of ["", good.slice(0, 300), good.replaceAll(/[A-M]{3}/g, "AAA"), forged, `${good}${forged}`]) {
    replace(bad);
    await expect.poll(() => file.fault()).toBe("crl-unusable");
    expect(file.isRevoked(leaf(cert))).toBe(true);
    replace(good);
    await expect.poll(() => file.fault()).toBeNull();
  }
  expect(told()).toEqual(Array.from({ length: 5 }, () => ({ reason: "crl-unusable" })));
  rmSync(path);
  await expect.poll(() => file.fault()).toBe("crl-absent");
  expect(file.isRevoked(leaf(cert))).toBe(true);
  replace(await authority.crl([]));
  await expect.poll(() => file.isRevoked(leaf(cert))).toBe(false);
  expect(file.fault()).toBeNull();
});

test("a file that is still being written is not taken for a whole one, wherever it ends", async () => {
  const authority = await testAuthority();
  const { cert } = await authority.gateway("gw-1");
  const good = await authority.crl([cert]);
  const file = await openFile(good);
  const second = good.indexOf("-----BEGIN", 1);
  for (const end of [second, second + 20, second + 200, good.length - 20]) {
    replace(good.slice(0, end));
    await expect.poll(() => file.fault()).toBe("crl-unusable");
    expect(file.isRevoked(leaf(cert))).toBe(true);
    replace(good);
    await expect.poll(() => file.fault()).toBeNull();
  }
});

test("a file that ends in the middle of a list is no file to begin with", async () => {
  const authority = await testAuthority();
  const good = await authority.crl([]);
  const torn = good.slice(0, good.indexOf("-----BEGIN", 1) + 200);
  await expect(openFile(torn)).rejects.toSatisfy((error: unknown) => ingestErrors.is(error, "crl-unusable"));
});

test("an authority that is trusted no more needs no list any more", async () => {
  const [authority, other] = [await testAuthority(), await otherTestAuthority()];
  let trusted = authority.ca + other.ca;
  writeFileSync(path, (await authority.crl([])) + (await other.crl([])));
  const file = await openCrlFile({ path, authorities: () => trusted }, { clock: realClock, log });
  open.push(file);
  const { cert } = await authority.gateway("gw-1");
  trusted = authority.ca;
  replace(await authority.crl([cert]));
  await expect.poll(() => file.isRevoked(leaf(cert))).toBe(true);
  expect(file.fault()).toBeNull();
});

test("an overdue list is in force, and told", async () => {
  const authority = await testAuthority();
  const { cert } = await authority.gateway("gw-1");
  const file = await openFile(await authority.crl([cert], 3));
  expect([file.isRevoked(leaf(cert)), file.fault(), told()]).toEqual([true, "crl-stale", [{ reason: "crl-stale" }]]);
});

test("without a first list there is nobody to trust", async () => {
  const forged = await (await otherTestAuthority()).crl([]);
  const unusable = (error: unknown): boolean => ingestErrors.is(error, "crl-unusable");
  await expect(openFile(forged)).rejects.toSatisfy(unusable);
  await expect(openFile("no list")).rejects.toSatisfy(unusable);
  const { ca } = await testAuthority();
  const absent = { path: join(folder, "absent.pem"), authorities: () => ca };
  await expect(openCrlFile(absent, { clock: realClock, log })).rejects.toSatisfy(unusable);
});
