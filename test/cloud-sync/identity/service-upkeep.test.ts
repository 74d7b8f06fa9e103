import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { connect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { Authority } from "../../../cloud-sync/identity/authority.ts";
import { newCsrPem, newKeyPem } from "../../../cloud-sync/identity/certificates.ts";
import { enrolmentSite, type EnrolmentSite } from "../../doubles/enrolment-site.ts";

const dayMs = 86_400_000;
let site: EnrolmentSite;
beforeEach(async () => {
  site = await enrolmentSite();
});
afterEach(() => site.close());

test("each day the list of the revoked is signed anew, and the service takes a new certificate", async () => {
  const { port } = await site.serve();
  const before = { list: listText(), serial: await serialShownAt(port) };
  await site.clock.advance(dayMs / 2);
  expect(listText()).toBe(before.list);
  await site.clock.advance(dayMs);
  await expect.poll(listText).not.toBe(before.list);
  await expect.poll(() => serialShownAt(port)).not.toBe(before.serial);
});

test("what another process revokes, the service refuses at its next request, and its list says so", async () => {
  await site.serve();
  const { chain } = await site.enrol("gw-0001");
  const other = new Authority(site.folder, site.clock);
  const before = listText();
  await other.revoke({ kind: "gateway", name: "gw-0001" });
  other.close();
  const csr = await newCsrPem(newKeyPem(), "any");
  expect(await site.authority.renew({ pem: chain, csr })).toMatchObject({ error: { code: "certificate-revoked" } });
  expect(listText()).not.toBe(before);
  expect((await get("/v1/crl")).text).toBe(listText());
});

test("a revocation whose list could not be written is told by the next upkeep", async () => {
  await site.authority.maintain();
  await site.enrol("gw-0001");
  const before = listText();
  const { folder } = site;
  const dying = new Authority(folder, site.clock);
  // The program ends after its commit, before the list is published.
  dying.publishList = () => Promise.reject(new Error("killed"));
  await expect(dying.revoke({ kind: "gateway", name: "gw-0001" })).rejects.toThrow("killed");
  dying.close();
  expect(listText()).toBe(before);
  await site.authority.maintain();
  expect(listText()).not.toBe(before);
});

test("an address that asks too often is stopped for a minute, with a code and a count", async () => {
  const service = await site.serve(3);
  const statuses: number[] = [];
  for (let count = 0; count < 5; count += 1) statuses.push((await get("/v1/crl")).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect(JSON.parse((await get("/v1/crl")).text)).toMatchObject({ error: { code: "too-many-requests" } });
  expect(service.counts()).toMatchObject({ "too-many-requests": 3 });
  // Whoever asks without end must not fill the disk with what is said of it.
  const told = (): number => site.log.lines.filter(({ fields }) => fields["code"] === "too-many-requests").length;
  expect(told()).toBe(1);
  await site.clock.advance(60_000);
  expect([(await get("/v1/crl")).status, told()]).toEqual([429, 2]);
});

test("what fails inside is named in the log, because the answer only says that the log has it", async () => {
  const service = await site.serve();
  rmSync(site.authority.listPath);
  expect(await get("/v1/crl")).toMatchObject({ status: 500, text: expect.stringContaining("service-failed") });
  expect(site.log.lines.at(-1)).toMatchObject({ event: "identity-refused", fields: { reason: "ENOENT" } });
  expect(service.counts()).toMatchObject({ "service-failed": 1 });
});

test("an address that holds connections without a word keeps nobody else out", async () => {
  const service = await site.serve();
  const idle = Array.from({ length: 1100 }, () => connect({ host: "127.0.0.1", port: service.port }));
  onTestFinished(() => {
    for (const socket of idle) socket.destroy();
  });
  await Promise.all(
    idle.map(async (socket) => {
      socket.on("error", () => undefined);
      await Promise.race([once(socket, "connect"), once(socket, "close")]);
    }),
  );
  await expect.poll(async () => (await get("/v1/crl", "127.0.0.2")).status, { timeout: 30_000 }).toBe(200);
  // A machine that has other work to do lets them in a few at a time.
  await expect.poll(() => service.counts()["too-many-connections"], { timeout: 30_000 }).toBeGreaterThan(900);
});

test("a connection that says nothing does not hold up the end of the service", async () => {
  const service = await site.serve();
  const idle = connect({ host: "127.0.0.1", port: service.port });
  onTestFinished(() => void idle.destroy());
  const ended = once(idle, "close");
  await once(idle, "connect");
  // An answer to a later connection shows that this one has been accepted.
  await get("/v1/crl");
  let isStopped = false;
  void service.stop().then(() => (isStopped = true));
  await ended;
  await expect.poll(() => isStopped).toBe(true);
});

test("no log line and no count holds a token, a key or a certificate", async () => {
  await site.serve();
  const { token } = site.authority.newToken("gw-0001", { validMs: dayMs, reinstate: false });
  await site.authority.enrol({ token, csr: "nonsense", gateway: null });
  await site.enrol("gw-0002");
  await get("/v1/nothing");
  const told = JSON.stringify(site.log.lines);
  expect(told).toContain("not-found");
  expect(told).not.toContain(token);
  expect(told).not.toMatch(/BEGIN/);
});

const listText = (): string => readFileSync(site.authority.listPath, "utf8");

function serialShownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // Its dates are those of the authority's clock, which is ahead of this machine's.
    const socket = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
  });
}

function get(path: string, localAddress = "127.0.0.1"): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${site.url()}${path}`, { agent: false, ca: site.authority.ca, localAddress });
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.end();
  });
}
