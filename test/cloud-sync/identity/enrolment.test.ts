import { connect as tlsConnect, createServer, type Server } from "node:tls";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { certificateFacts } from "../../../cloud-sync/identity/certificate-facts.ts";
import {
  issueServerCertificate,
  newCsrPem,
  newKeyPem,
  newRoot,
  publicKeyPemOf,
} from "../../../cloud-sync/identity/certificates.ts";
import { enrolAt, renewAt } from "../../../cloud-sync/identity/enrolment-client.ts";
import { enrolmentSite, type EnrolmentSite } from "../../doubles/enrolment-site.ts";

const dayMs = 86_400_000;
const { signal } = new AbortController();
let site: EnrolmentSite | null = null;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await site?.close();
  site = null;
});

test("a gateway enrols with a token, and what it gets opens a TLS server that asks for certificates", async () => {
  const { authority } = await open();
  const key = newKeyPem();
  const answer = await enrolAt(await call("gw-0001", key), signal);
  expect(answer).toMatchObject({ gateway: "gw-0001", ca: authority.ca });
  expect(certificateFacts(answer.chain)).toMatchObject({ commonName: "gw-0001", publicKey: publicKeyPemOf(key) });
  expect(await callerAt(await guardedServer(), { key, cert: answer.chain })).toBe("gw-0001");
});

test("the service is recognised by the root's fingerprint, and a stranger with another root is not", async () => {
  const { authority } = await open();
  const request = await call("gw-0001", newKeyPem());
  await expect(
    enrolAt({ ...request, trust: { fingerprint: `sha256:${"0".repeat(64)}` } }, signal),
  ).rejects.toMatchObject({ code: "enrolment-server-untrusted" });
  const stranger = await newRoot({ name: "Stranger", now: Date.now(), days: 1 });
  await expect(enrolAt({ ...request, trust: { ca: stranger.cert } }, signal)).rejects.toMatchObject({
    code: "enrolment-server-untrusted",
  });
  await expect(enrolAt({ ...request, trust: { publicAuthorities: true } }, signal)).rejects.toMatchObject({
    code: "enrolment-server-untrusted",
  });
  // The token is still good: none of the three was told it.
  const answer = await enrolAt({ ...request, trust: { fingerprint: authority.fingerprint } }, signal);
  expect(answer.gateway).toBe("gw-0001");
});

test("a lost answer is given again to the same key, and a used token is nothing to another key", async () => {
  await open();
  const request = await call("gw-0001", newKeyPem());
  const first = await enrolAt(request, signal);
  expect((await enrolAt(request, signal)).chain).toBe(first.chain);
  const thief = { ...request, csr: await newCsrPem(newKeyPem(), "gw-0001") };
  expect(await refusalOf(enrolAt(thief, signal))).toBe("token-refused");
  expect(site?.log.lines.at(-1)).toMatchObject({ event: "identity-refused", fields: { reason: "used-token" } });
});

test("a token that is unknown, expired or another gateway's gets one answer, and the log knows which it was", async () => {
  const { authority, clock, log } = await open();
  const other = authority.newToken("gw-0002", { validMs: dayMs, reinstate: false }).token;
  const request = await call("gw-0001", newKeyPem());
  expect(await refusalOf(enrolAt({ ...request, token: "nonsense" }, signal))).toBe("token-refused");
  expect(await refusalOf(enrolAt({ ...request, token: other }, signal))).toBe("token-refused");
  clock.jump(dayMs + 1);
  expect(await refusalOf(enrolAt(request, signal))).toBe("token-refused");
  const reasons = log.lines.filter(({ event }) => event === "identity-refused").map(({ fields }) => fields["reason"]);
  expect(reasons).toEqual(["unknown-token", "token-of-another-gateway", "expired-token"]);
});

test("two keys that race with one token get one certificate between them", async () => {
  const { authority } = await open();
  const { token } = authority.newToken("gw-0001", { validMs: dayMs, reinstate: false });
  const requests = await Promise.all([1, 2, 3].map(() => newCsrPem(newKeyPem(), "gw-0001")));
  const outcomes = await Promise.all(requests.map((csr) => authority.enrol({ token, csr, gateway: null })));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
});

test("a certificate is renewed for a new key on the word of the old one; nothing without it", async () => {
  const { authority } = await open();
  const old = await enrolled("gw-0001");
  const key = newKeyPem();
  const csr = await newCsrPem(key, "ignored");
  const tls = { ca: authority.ca, cert: old.chain, key: old.key };
  const answer = await renewAt({ url: url(), tls, csr }, signal);
  expect(certificateFacts(answer.chain)).toMatchObject({ commonName: "gw-0001", publicKey: publicKeyPemOf(key) });
  expect((await renewAt({ url: url(), tls, csr }, signal)).chain).toBe(answer.chain);
  const nobody = { ca: authority.ca, cert: null, key: null };
  expect(await refusalOf(renewAt({ url: url(), tls: nobody, csr }, signal))).toBe("certificate-required");
});

test("a certificate of another authority, or of a server, renews nothing", async () => {
  const { authority } = await open();
  const stranger = await newRoot({ name: "Stranger", now: Date.now(), days: 1 });
  const key = newKeyPem();
  const csr = await newCsrPem(newKeyPem(), "gw-0001");
  const names = { dnsNames: ["gw-0001"], ipAddresses: [] };
  const publicKey = publicKeyPemOf(key);
  const forged = await issueServerCertificate({ authority: stranger, publicKey, now: Date.now(), ...names });
  const ofServer = await authority.issueServer("gw-0001", { publicKey, ...names });
  for (const cert of [forged, ofServer]) {
    const tls = { ca: authority.ca, cert, key };
    expect(await refusalOf(renewAt({ url: url(), tls, csr }, signal))).toBe("certificate-unknown");
  }
});

test("a gateway that expired ten days ago is renewed, and one that did so 31 days ago has to enrol anew", async () => {
  site = await enrolmentSite(Date.now() - 61.5 * dayMs);
  const { authority, clock } = site;
  const long = await enrolled("gw-long");
  clock.jump(21.5 * dayMs);
  const late = await enrolled("gw-late");
  clock.jump(40 * dayMs);
  await site.serve();
  const csr = await newCsrPem(newKeyPem(), "any");
  const answer = await renewAt({ url: url(), tls: { ca: authority.ca, cert: late.chain, key: late.key }, csr }, signal);
  expect(certificateFacts(answer.chain).notAfter).toBeGreaterThan(Date.now() + 29 * dayMs);
  const tls = { ca: authority.ca, cert: long.chain, key: long.key };
  expect(await refusalOf(renewAt({ url: url(), tls, csr }, signal))).toBe("certificate-expired");
});

test("revocation takes effect at once: on renewal, on its tokens, and in the list that a server checks", async () => {
  const { authority, folder } = await open();
  const gateway = await enrolled("gw-0001");
  const bystander = await enrolled("gw-0002");
  const request = await call("gw-0001", newKeyPem());
  const before = await guardedServer(readFileSync(`${folder}/crl.pem`, "utf8"));
  expect(await callerAt(before, { key: gateway.key, cert: gateway.chain })).toBe("gw-0001");

  expect(await authority.revoke({ kind: "gateway", name: "gw-0001" })).toBe(1);
  const tls = { ca: authority.ca, cert: gateway.chain, key: gateway.key };
  const csr = await newCsrPem(newKeyPem(), "any");
  expect(await refusalOf(renewAt({ url: url(), tls, csr }, signal))).toBe("certificate-revoked");
  expect(await refusalOf(enrolAt(request, signal))).toBe("token-refused");
  const after = await guardedServer(readFileSync(`${folder}/crl.pem`, "utf8"));
  expect(await callerAt(after, { key: gateway.key, cert: gateway.chain })).toBeNull();
  expect(await callerAt(after, { key: bystander.key, cert: bystander.chain })).toBe("gw-0002");
});

test("a revoked gateway comes back only where the operator says so, and its old certificate does not", async () => {
  const { authority } = await open();
  const old = await enrolled("gw-0001");
  await authority.revoke({ kind: "gateway", name: "gw-0001" });
  expect(() => authority.newToken("gw-0001", { validMs: dayMs, reinstate: false })).toThrow(/revoked/);
  const { token } = authority.newToken("gw-0001", { validMs: dayMs, reinstate: true });
  const key = newKeyPem();
  const request = { url: url(), trust: { ca: authority.ca }, gateway: "gw-0001" };
  const answer = await enrolAt({ ...request, token, csr: await newCsrPem(key, "any") }, signal);
  const csr = await newCsrPem(newKeyPem(), "any");
  const oldTls = { ca: authority.ca, cert: old.chain, key: old.key };
  expect(await refusalOf(renewAt({ url: url(), tls: oldTls, csr }, signal))).toBe("certificate-revoked");
  const newTls = { ca: authority.ca, cert: answer.chain, key };
  expect(await renewAt({ url: url(), tls: newTls, csr }, signal)).toMatchObject({ gateway: "gw-0001" });
});

test("a gateway that comes back needs a new key: the revoked one gets no certificate, and the token stays good", async () => {
  const { authority } = await open();
  const old = await enrolled("gw-0001");
  await authority.revoke({ kind: "gateway", name: "gw-0001" });
  const { token } = authority.newToken("gw-0001", { validMs: dayMs, reinstate: true });
  const request = { url: url(), trust: { ca: authority.ca }, gateway: "gw-0001", token };
  const again = enrolAt({ ...request, csr: await newCsrPem(old.key, "gw-0001") }, signal);
  expect(await refusalOf(again)).toBe("key-revoked");
  const key = newKeyPem();
  const answer = await enrolAt({ ...request, csr: await newCsrPem(key, "gw-0001") }, signal);
  const tls = { ca: authority.ca, cert: answer.chain, key };
  const csr = await newCsrPem(old.key, "gw-0001");
  expect(await refusalOf(renewAt({ url: url(), tls, csr }, signal))).toBe("key-revoked");
});

test("a token that was lost before it was used is voided with its gateway", async () => {
  const { authority } = await open();
  const request = await call("gw-0001", newKeyPem());
  expect(await authority.revoke({ kind: "gateway", name: "gw-0001" })).toBe(0);
  expect(await refusalOf(enrolAt(request, signal))).toBe("token-refused");
  await expect(authority.revoke({ kind: "gateway", name: "gw-0002" })).rejects.toMatchObject({
    code: "nothing-to-revoke",
  });
});

test("no gateway can be given an ingestor's name", async () => {
  const { authority } = await open();
  for (const id of ["ingestor-1", "Ingestor-1"]) {
    expect(() => authority.newToken(id, { validMs: dayMs, reinstate: false })).toThrow(/ingestor/);
  }
});

test("a gateway that renews without end is stopped for the day, and others are not", async () => {
  const { authority } = await open();
  const eager = await enrolled("gw-0001");
  const renewal = async (): Promise<boolean> =>
    (await authority.renew({ pem: eager.chain, csr: await newCsrPem(newKeyPem(), "any") })).ok;
  const outcomes: boolean[] = [];
  for (let count = 0; count < 13; count += 1) outcomes.push(await renewal());
  expect(outcomes.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => true));
  expect(outcomes.slice(11)).toEqual([false, false]);
  site?.clock.jump(dayMs + 1);
  expect(await renewal()).toBe(true);
});

test("what is revoked while the list is being signed, or by another process, is in the list that stays", async () => {
  const { authority, folder } = await open();
  const names = ["gw-1", "gw-2", "gw-3", "gw-4"];
  const serials = await Promise.all(names.map(async (name) => certificateFacts((await enrolled(name)).chain).serial));
  await Promise.all(names.map((name) => authority.revoke({ kind: "gateway", name })));
  const der = Buffer.from(
    (readFileSync(`${folder}/crl.pem`, "utf8").split("-----BEGIN X509 CRL-----")[2] ?? "").replaceAll(
      /-----[^-]+-----|\s/g,
      "",
    ),
    "base64",
  ).toString("hex");
  for (const serial of serials) expect(der).toContain(serial.toLowerCase());
});

async function open(): Promise<EnrolmentSite> {
  site = await enrolmentSite();
  await site.serve();
  return site;
}

const url = (): string => site?.url() ?? "";

const enrolled = async (gateway: string): Promise<{ key: string; chain: string }> => {
  if (site === null) throw new Error("no site");
  return await site.enrol(gateway);
};

async function call(gateway: string, key: string): Promise<Parameters<typeof enrolAt>[0]> {
  if (site === null) throw new Error("no site");
  const { token } = site.authority.newToken(gateway, { validMs: dayMs, reinstate: false });
  return { url: url(), trust: { ca: site.authority.ca }, token, csr: await newCsrPem(key, "any name"), gateway };
}

const refusalOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "granted",
    (error: unknown) => (error instanceof Error && "context" in error ? Object(error.context).answer : error),
  );

/** A server that lets nobody in without a certificate of the authority, and tells callers who they are. */
async function guardedServer(crl?: string): Promise<Server> {
  if (site === null) throw new Error("no site");
  const { authority } = site;
  const key = newKeyPem();
  const names = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };
  const cert = await authority.issueServer("broker", { publicKey: publicKeyPemOf(key), ...names });
  const lists = crl?.split(/(?=-----BEGIN X509 CRL-----)/).filter((list) => list.trim() !== "");
  const server = createServer(
    {
      key,
      cert,
      ca: authority.ca,
      requestCert: true,
      rejectUnauthorized: true,
      ...(lists === undefined ? {} : { crl: lists }),
    },
    (socket) => {
      socket.on("error", () => undefined);
      socket.end(socket.getPeerX509Certificate()?.subject.replace("CN=", "") ?? "nobody");
    },
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Whom the server takes us for; null if it lets us not in. */
function callerAt(server: Server, identity: { readonly key: string; readonly cert: string }): Promise<string | null> {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return new Promise((resolve) => {
    const socket = tlsConnect({ host: "127.0.0.1", port, ca: site?.authority.ca, ...identity });
    let heard = "";
    socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(heard === "" ? null : heard);
    });
  });
}
