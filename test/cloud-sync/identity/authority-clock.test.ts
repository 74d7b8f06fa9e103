// The library finds its parts by decorators' metadata, and must not be loaded before what keeps them.
import "reflect-metadata";
import { X509Crl } from "@peculiar/x509";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect as tlsConnect } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { certificateFacts } from "../../../cloud-sync/identity/certificate-facts.ts";
import { newCsrPem, newKeyPem } from "../../../cloud-sync/identity/certificates.ts";
import { enrolmentSite, type EnrolmentSite } from "../../doubles/enrolment-site.ts";

const dayMs = 86_400_000;
let site: EnrolmentSite | null = null;
afterEach(async () => {
  await site?.close();
  site = null;
});

async function open(startAt?: number): Promise<EnrolmentSite> {
  site = await enrolmentSite(startAt);
  return site;
}

/** The issuing authority's list: the second in the file. */
function issuingList({ authority }: EnrolmentSite): X509Crl {
  const [, , block = ""] = readFileSync(authority.listPath, "utf8").split("-----BEGIN X509 CRL-----");
  return new X509Crl(Buffer.from(block.replaceAll(/-----[^-]+-----|\s/g, ""), "base64"));
}

const listedSerials = (of: EnrolmentSite): readonly string[] =>
  issuingList(of).entries.map(({ serialNumber }) => serialNumber.toUpperCase());

test("an authority that wakes up years ahead forgets nobody: the fleet still renews, and the revoked stay revoked", async () => {
  const here = await open();
  const { authority, clock } = here;
  const honest = await here.enrol("gw-honest");
  const thief = certificateFacts((await here.enrol("gw-thief")).chain).serial;
  await authority.revoke({ kind: "gateway", name: "gw-thief" });
  clock.jump(3650 * dayMs);
  await authority.maintain();
  expect(listedSerials(here)).toEqual([thief]);
  clock.jump(-3650 * dayMs);
  await authority.maintain();
  expect(listedSerials(here)).toEqual([thief]);
  const csr = await newCsrPem(newKeyPem(), "gw-honest");
  expect(await authority.renew({ pem: honest.chain, csr })).toMatchObject({ ok: true });
});

test("what ended long ago is forgotten once the fleet's own renewals show how late it is", async () => {
  const here = await open();
  const { authority, clock } = here;
  const old = await here.enrol("gw-old");
  await authority.revoke({ kind: "gateway", name: "gw-old" });
  clock.jump(91 * dayMs);
  await here.enrol("gw-new");
  await authority.maintain();
  expect(listedSerials(here)).toEqual([]);
  const csr = await newCsrPem(newKeyPem(), "gw-old");
  expect(await authority.renew({ pem: old.chain, csr })).toMatchObject({ error: { code: "certificate-unknown" } });
});

test("a revoked certificate stays in the list beyond its end, for peers whose clock is late", async () => {
  const here = await open();
  const { authority, clock } = here;
  const { serial } = certificateFacts((await here.enrol("gw-1")).chain);
  await authority.revoke({ kind: "gateway", name: "gw-1" });
  clock.jump(31 * dayMs);
  await authority.maintain();
  expect(listedSerials(here)).toEqual([serial]);
});

test("a list that was signed in what is now the future is signed anew at once", async () => {
  const here = await open();
  const { authority, clock } = here;
  clock.jump(dayMs / 2);
  await authority.maintain();
  clock.jump(-dayMs / 2);
  await authority.maintain();
  expect(issuingList(here).thisUpdate.getTime()).toBeLessThanOrEqual(clock.now());
});

test("a list that is not there any more is written again", async () => {
  const { authority } = await open();
  await authority.maintain();
  rmSync(authority.listPath);
  await authority.maintain();
  expect(existsSync(authority.listPath)).toBe(true);
});

test.each([
  ["400 days behind", -400 * dayMs],
  ["half a day ahead", dayMs / 2],
])("a service that began with a clock %s serves a valid certificate when the clock is right", async (_, wrongByMs) => {
  const here = await open(Date.now() - 500 * dayMs);
  here.clock.jump(500 * dayMs + wrongByMs);
  const { port } = await here.serve();
  expect(await isServedInForce(port)).toBe(false);
  here.clock.jump(-wrongByMs);
  await here.clock.advance(60_000);
  await expect.poll(() => isServedInForce(port)).toBe(true);
});

/** Is the certificate in force that the service shows, by this machine's clock? */
function isServedInForce(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
      resolve(Date.parse(from) <= Date.now() && Date.now() < Date.parse(to));
      socket.destroy();
    });
  });
}
