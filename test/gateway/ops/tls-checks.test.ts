import { afterEach, expect, test } from "vitest";
import type { CertificatePair } from "../../../cloud-sync/http/page-certificate.ts";
import type { TlsMaterial } from "../../../cloud-sync/mqtt/connection.ts";
import { brokerTlsCheck } from "../../../gateway/ops/checks/broker-tls-check.ts";
import { judgePages } from "../../../gateway/ops/checks/pages-certificate-check.ts";
import { judgeTlsFiles } from "../../../gateway/ops/checks/tls-files-check.ts";
import { examine, type Finding } from "../../../gateway/ops/doctor.ts";
import { freePort } from "../../doubles/free-port.ts";
import { joinAs, packetTypes, pingPacket } from "../../doubles/mqtt-peer.ts";
import { mosquittoPath } from "../../doubles/mosquitto.ts";
import { startSecureMosquitto } from "../../doubles/secure-mosquitto.ts";
import { otherTestAuthority, testAuthority } from "../../doubles/test-authority.ts";
import { startTlsBroker } from "../../doubles/tls-broker.ts";

const now = Date.now();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const asGateway = (material: TlsMaterial): Finding =>
  judgeTlsFiles({ material: () => material, role: { client: "gw-1" }, now });
const asServer = (material: TlsMaterial): Finding => judgeTlsFiles({ material: () => material, role: "server", now });

test("what is wrong with a certificate is said before a broker has to say it", async () => {
  const authority = await testAuthority();
  const good = await authority.gateway("gw-1");
  const other = await authority.gateway("gw-2");
  expect(asGateway(good)).toMatchObject({ status: "ok", finding: expect.stringContaining("valid until") });
  expect(asGateway({ ...good, key: other.key })).toMatchObject({
    status: "fail",
    finding: expect.stringContaining("fit"),
  });
  expect(asGateway({ ...good, key: "x" })).toMatchObject({ status: "fail", finding: expect.stringContaining("fit") });
  expect(asGateway(other)).toMatchObject({ status: "fail", finding: expect.stringContaining("gw-2, not to gw-1") });
  expect(asGateway({ ...good, cert: "x" })).toMatchObject({ status: "fail" });
  expect(asGateway({ ...good, ca: "x" })).toMatchObject({ status: "fail", finding: expect.stringContaining("caFile") });
  const expired = await authority.gateway("gw-1", { fromDays: -60 });
  expect(asGateway(expired)).toMatchObject({ status: "fail", finding: expect.stringContaining("expired on") });
  const future = await authority.gateway("gw-1", { fromDays: 3 });
  expect(asGateway(future)).toMatchObject({ status: "fail", finding: expect.stringContaining("not valid yet") });
  const late = await authority.gateway("gw-1", { days: 3 });
  expect(asGateway(late)).toMatchObject({ status: "warn", finding: expect.stringContaining("expires on") });
});

test("a certificate that is made for the other end is found out", async () => {
  const authority = await testAuthority();
  expect(asServer(await authority.server())).toMatchObject({ status: "ok" });
  expect(asServer(await authority.gateway("gw-1"))).toMatchObject({ status: "fail" });
  const ingestor = await authority.ingestor("a");
  const role = { client: /^ingestor-./ };
  expect(judgeTlsFiles({ material: () => ingestor, role, now })).toMatchObject({ status: "ok" });
  const gateway = await authority.gateway("gw-1");
  expect(judgeTlsFiles({ material: () => gateway, role, now })).toMatchObject({ status: "fail" });
});

test("the pages' certificate is judged by what browsers ask of it", async () => {
  const authority = await testAuthority();
  const good = await authority.server();
  const place = { host: "127.0.0.1", port: 8443, names: ["localhost"], now };
  const judged = (pair: CertificatePair, changes: object = {}): Finding =>
    judgePages({ ...place, pair: () => pair, ...changes });
  const codesOf = ({ status, said }: Finding): readonly string[] => [status, ...said.map(({ code }) => code)];
  expect(codesOf(judged(good))).toEqual(["ok", "pages-cert-fit"]);
  expect(codesOf(judged({ ...good, key: (await authority.server()).key }))).toEqual(["fail", "pages-cert-key"]);
  expect(codesOf(judged({ ...good, cert: "x" }))).toEqual(["fail", "pages-cert-unreadable"]);
  expect(codesOf(judged(await authority.gateway("gw-1")))).toEqual(["fail", "pages-cert-purpose"]);
  expect(codesOf(judged(await authority.server({ fromDays: -60 })))).toEqual(["fail", "pages-cert-expired"]);
  expect(codesOf(judged(await authority.server({ fromDays: 3 })))).toEqual(["fail", "pages-cert-not-yet-valid"]);
  expect(codesOf(judged(await authority.server({ days: 3 })))).toEqual(["warn", "pages-cert-expiring"]);
  const elsewhere = judged(good, { host: "192.0.2.1", names: ["kiosk.example.org", "localhost"] });
  expect(elsewhere).toMatchObject({ status: "warn", finding: expect.stringContaining("192.0.2.1, kiosk.example.org") });
  expect(codesOf(judged(good, { host: "0.0.0.0" }))).toEqual(["ok", "pages-cert-fit"]);
  expect(codesOf(judgePages({ ...place, pair: null }))).toEqual(["ok", "pages-cert-none"]);
  expect(codesOf(judgePages({ ...place, host: "192.0.2.1", pair: null }))).toEqual(["ok", "pages-cert-open"]);
});

async function checked(url: string, material: TlsMaterial): Promise<Finding> {
  for await (const finding of examine([brokerTlsCheck(url, () => material)], new AbortController().signal))
    return finding;
  throw new Error("no finding");
}

test("the broker is asked whether it likes the certificate, and the gateway that is at work is not thrown out", async () => {
  const { broker, at } = await startTlsBroker();
  stops.push(() => broker.close());
  const authority = await testAuthority();
  const own = await authority.gateway("gw-1");
  const atWork = await joinAs(at(own), "gw-1");
  const url = `mqtts://127.0.0.1:${broker.address.port}`;
  expect(await checked(url, own)).toMatchObject({ status: "ok", finding: expect.stringContaining("TLSv1.3") });
  atWork.send(pingPacket());
  expect((await atWork.next()).type).toBe(packetTypes.pingresp);
  const refused = { status: "fail", finding: expect.stringContaining("not-authorized") };
  expect(await checked(url, await authority.gateway("gw-1", { fromDays: -60 }))).toMatchObject(refused);
  const { ca } = await otherTestAuthority();
  const mistrusted = { status: "fail", finding: expect.stringContaining("broker-certificate-untrusted") };
  expect(await checked(url, { ...own, ca })).toMatchObject(mistrusted);
  const nobody = `mqtts://127.0.0.1:${await freePort()}`;
  const unreachable = { status: "fail", finding: expect.stringContaining("broker-unreachable") };
  expect(await checked(nobody, own)).toMatchObject(unreachable);
});

test.runIf(mosquittoPath !== null)("mosquitto says no in TLS, which is understood as well", async () => {
  const broker = await startSecureMosquitto(mosquittoPath ?? "");
  stops.push(() => broker.stop());
  const authority = await testAuthority();
  expect(await checked(broker.url, await authority.gateway("gw-1"))).toMatchObject({ status: "ok" });
  expect(await checked(broker.url, await authority.gateway("gw-1", { fromDays: -60 }))).toMatchObject({
    status: "fail",
    finding: expect.stringContaining("own-certificate-refused"),
  });
});
