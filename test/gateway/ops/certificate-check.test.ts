import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  issueGatewayCertificate,
  newIssuing,
  newRoot,
  publicKeyPemOf,
} from "../../../cloud-sync/identity/certificates.ts";
import { IdentityFolder } from "../../../gateway/identity/identity-folder.ts";
import { certificateCheck } from "../../../gateway/ops/checks/certificate-check.ts";
import type { Finding } from "../../../gateway/ops/doctor.ts";

const gateway = "gw-0001";
const dayMs = 86_400_000;
const start = Date.UTC(2026, 3, 1);
const root = await newRoot({ name: "Test root", now: start, days: 3650 });
const authority = await newIssuing({ root, name: "Test issuing", now: start, days: 3650 });

test("without a folder there is nothing to check, and without an enrolment it says what to do", async () => {
  expect(await checkAt(null, start)).toMatchObject({ status: "skipped" });
  const folder = emptyFolder();
  expect(await checkAt(folder, start)).toMatchObject({
    status: "fail",
    mend: expect.stringContaining("carepost enroll"),
  });
});

test("a certificate is judged by how much of its life is left, and by the clock", async () => {
  const folder = await enrolledFolder();
  const found = async (days: number): Promise<Finding> => await checkAt(folder, start + days * dayMs);
  expect(await found(1)).toMatchObject({ status: "ok", finding: "valid until 2026-05-01 00:00 UTC, for 29 days more" });
  expect(await found(24)).toMatchObject({ status: "warn", finding: expect.stringContaining("to be renewed") });
  expect(await found(29.5)).toMatchObject({ finding: expect.stringContaining("for 12 hours more") });
  expect(await found(33)).toMatchObject({ status: "fail", finding: "it expired on 2026-05-01 00:00 UTC, 3 days ago" });
  expect(await found(-365)).toMatchObject({ status: "fail", mend: expect.stringContaining("Set the clock") });
});

test("a certificate of another gateway is told as such", async () => {
  const folder = await enrolledFolder();
  const check = certificateCheck({ folder }, { gateway: "gw-0002", now: start });
  await expect(check.run(new AbortController().signal)).rejects.toMatchObject({ code: "identity-damaged" });
});

const checkAt = (folder: string | null, now: number): Promise<Finding> =>
  certificateCheck({ folder }, { gateway, now }).run(new AbortController().signal);

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "carepost-certificate-check-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function enrolledFolder(): Promise<string> {
  const folder = emptyFolder();
  const place = new IdentityFolder(folder, gateway);
  const publicKey = publicKeyPemOf(place.pendingKey());
  const cert = await issueGatewayCertificate({ authority, gateway, publicKey, now: start });
  place.install({ gateway, chain: cert + authority.cert, ca: root.cert });
  return folder;
}
