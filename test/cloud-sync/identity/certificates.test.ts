import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  issueGatewayCertificate,
  issueIngestorCertificate,
  issueServerCertificate,
  newCrlPem,
  newCsrPem,
  newIssuing,
  newKeyPem,
  newRoot,
  publicKeyPemOf,
  verifyCsr,
} from "../../../cloud-sync/identity/certificates.ts";

const folder = mkdtempSync(join(tmpdir(), "carepost-certificates-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = Date.UTC(2026, 3, 1, 12);
const dayMs = 86_400_000;
const root = await newRoot({ name: "Test root", now, days: 3650 });
const issuing = await newIssuing({ root, name: "Test issuing", now, days: 365 });
const bundle = root.cert + issuing.cert;

test("openssl verifies a gateway's certificate for a client, up to the root, and not for a server", async () => {
  const cert = await gatewayCertificate("gw-0001");
  expect(openssl(cert, "sslclient")).toMatch(/: OK/);
  expect(openssl(cert, "sslserver")).toMatch(/unsuitable certificate purpose|unsupported certificate purpose/);
});

test("a gateway's certificate carries its id as common name and as URI, and lasts 30 days from now", async () => {
  const cert = new X509Certificate(await gatewayCertificate("gw_A.b-1"));
  expect(cert.subject).toBe("CN=gw_A.b-1");
  expect(cert.subjectAltName).toBe("URI:urn:carepost:gateway:gw_A.b-1");
  expect(cert.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(cert.ca).toBe(false);
  expect(cert.validFromDate.getTime()).toBe(now - 5 * 60_000);
  expect(cert.validToDate.getTime()).toBe(now + 30 * dayMs);
  expect(cert.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test("no certificate outlasts the authority that issued it", async () => {
  const short = await newIssuing({ root, name: "Short", now, days: 10 });
  const cert = await issueGatewayCertificate({ authority: short, gateway: "gw-1", publicKey: newPublicKey(), now });
  expect(new X509Certificate(cert).validToDate).toEqual(new X509Certificate(short.cert).validToDate);
});

test("an ingestor's certificate is a client's, and a server's where it has names to serve under", async () => {
  const request = { authority: issuing, publicKey: newPublicKey(), ingestor: "a", now };
  const client = await issueIngestorCertificate({ ...request, dnsNames: [], ipAddresses: [] });
  expect(new X509Certificate(client).keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  const both = await issueIngestorCertificate({ ...request, dnsNames: ["broker.test"], ipAddresses: ["::1"] });
  expect(openssl(both, "sslclient")).toMatch(/: OK/);
  expect(openssl(both, "sslserver")).toMatch(/: OK/);
  const cert = new X509Certificate(both);
  expect(cert.subject).toBe("CN=ingestor-a");
  expect(cert.subjectAltName).toBe("URI:urn:carepost:ingestor:a, DNS:broker.test, IP Address:0:0:0:0:0:0:0:1");
});

test("a server's certificate names its hosts", async () => {
  const names = { dnsNames: ["broker.test", "b2.test"], ipAddresses: ["127.0.0.1"] };
  const pem = await issueServerCertificate({ authority: issuing, publicKey: newPublicKey(), now, ...names });
  expect(openssl(pem, "sslserver")).toMatch(/: OK/);
  const cert = new X509Certificate(pem);
  expect(cert.checkHost("b2.test")).toBe("b2.test");
  expect(cert.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(cert.checkHost("c.test")).toBeUndefined();
});

test("a request is taken when the P-256 key in it has signed it, and gives that key", async () => {
  const key = newKeyPem();
  const csr = await newCsrPem(key, "whatever");
  expect(await verifyCsr(csr)).toEqual({ ok: true, value: { publicKey: publicKeyPemOf(key) } });
});

test("a request of openssl's is taken; of another curve, of RSA, or signed with SHA-1, it is not", async () => {
  expect(await verifyCsr(opensslCsr("ec:P-256"))).toMatchObject({ ok: true });
  expect(await verifyCsr(opensslCsr("ec:P-384"))).toEqual({ ok: false, error: { fault: "key-not-p256" } });
  expect(await verifyCsr(opensslCsr("rsa"))).toEqual({ ok: false, error: { fault: "key-not-p256" } });
  expect(await verifyCsr(opensslCsr("ec:P-256", "-sha1"))).toEqual({ ok: false, error: { fault: "signature-wrong" } });
});

test("a request whose name was changed after it was signed is refused", async () => {
  const der = derOf(await newCsrPem(newKeyPem(), "gw-0001"));
  der.write("gw-0002", der.indexOf("gw-0001"));
  expect(await verifyCsr(pemOf(der))).toEqual({ ok: false, error: { fault: "signature-wrong" } });
});

test("the revocation lists of both authorities are what openssl reads, and one of them names the revoked", async () => {
  const cert = await gatewayCertificate("gw-0001");
  const revoked = [{ serial: new X509Certificate(cert).serialNumber, revokedAt: now }];
  const list = { now, nextUpdate: now + 30 * dayMs, number: 300 };
  const crl =
    (await newCrlPem({ ...list, authority: root, revoked: [] })) +
    (await newCrlPem({ ...list, authority: issuing, revoked }));
  expect(crl.match(/-----BEGIN X509 CRL-----/g)).toHaveLength(2);
  expect(openssl(cert, "sslclient", crl)).toMatch(/certificate revoked/);
  expect(openssl(await gatewayCertificate("gw-0002"), "sslclient", crl)).toMatch(/: OK/);
});

const newPublicKey = (): string => publicKeyPemOf(newKeyPem());

const gatewayCertificate = (gateway: string): Promise<string> =>
  issueGatewayCertificate({ authority: issuing, gateway, publicKey: newPublicKey(), now });

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;

/** The verdict of another implementation, at the moment `now`. */
function openssl(cert: string, purpose: string, crl?: string): string {
  const paths = { cert: join(folder, "cert.pem"), ca: join(folder, "ca.pem"), crl: join(folder, "crl.pem") };
  writeFileSync(paths.cert, cert);
  writeFileSync(paths.ca, bundle);
  writeFileSync(paths.crl, crl ?? "");
  const check = crl === undefined ? [] : ["-crl_check_all", "-CRLfile", paths.crl];
  const args = ["verify", "-x509_strict", "-CAfile", paths.ca, "-purpose", purpose, ...check];
  try {
    return execFileSync("openssl", [...args, "-attime", String(now / 1000 + 60), paths.cert], {
      encoding: "utf8",
      stdio: "pipe",
    });
  } catch (error) {
    return error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  }
}

function opensslCsr(kind: "ec:P-256" | "ec:P-384" | "rsa", digest = "-sha256"): string {
  const { privateKey } =
    kind === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: kind.slice(3) });
  const path = join(folder, "other.key");
  writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }));
  return execFileSync("openssl", ["req", "-new", "-key", path, digest, "-subj", "/CN=other"], { encoding: "utf8" });
}
