import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { createServer, connect, type TLSSocket } from "node:tls";
import { once } from "node:events";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import {
  issueServerCertificate,
  newIssuing,
  newKeyPem,
  newRoot,
  publicKeyPemOf,
} from "../../../cloud-sync/identity/certificates.ts";
import {
  authorityIn,
  credentialsIn,
  issuedCredentials,
  type FleetAuthority,
} from "../../../simulators/fleet/gateway-credentials.ts";
import { fleetGatewayId } from "../../../simulators/fleet/household.ts";

const now = Date.now();
let authority: FleetAuthority;

beforeAll(async () => {
  const root = await newRoot({ name: "root", now, days: 30 });
  authority = { root: root.cert, issuing: await newIssuing({ name: "issuing", now, days: 30, root }) };
});

const names = [0, 1, 2].map(fleetGatewayId);

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "fleet-identities-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem);
  return folder;
}

test("each gateway gets a certificate of its own name, which a server of the same authority accepts", async () => {
  const credentials = await issuedCredentials(authority, names, now);
  const key = newKeyPem();
  const serverNames = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };
  const issue = { authority: authority.issuing, publicKey: publicKeyPemOf(key), now, ...serverNames };
  const cert = (await issueServerCertificate(issue)) + authority.issuing.cert;
  const server = createServer({ cert, key, ca: authority.root, requestCert: true, rejectUnauthorized: true });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  for (const name of names) {
    const { ca, cert: own, key: ownKey } = credentials(name)();
    const accepted = once(server, "secureConnection");
    const client = connect({ port, host: "127.0.0.1", ca: ca ?? "", cert: own ?? "", key: ownKey ?? "" });
    const [socket]: TLSSocket[] = await accepted;
    expect(socket?.getPeerCertificate().subject.CN).toBe(name);
    client.destroy();
    socket?.destroy();
  }
});

test("nobody else gets one", async () => {
  const credentials = await issuedCredentials(authority, names, now);
  expect(() => credentials("sim-gw-00003")).toThrow(expect.objectContaining({ code: "fleet-identity-missing" }));
});

test("an authority is read from its folder, and a fleet's certificates from theirs", async () => {
  const { root, issuing } = authority;
  const folder = folderOf({ "root.crt": root, "issuing.crt": issuing.cert, "issuing.key": issuing.key });
  expect(authorityIn(folder)).toEqual(authority);
  const issued = (await issuedCredentials(authority, names, now))("sim-gw-00001")();
  const identities = folderOf({
    "ca.crt": root,
    "sim-gw-00001.crt": issued.cert ?? "",
    "sim-gw-00001.key": issued.key ?? "",
  });
  const read = credentialsIn(identities)("sim-gw-00001")();
  expect(read).toEqual(issued);
  expect(new X509Certificate(read.cert ?? "").subject).toBe("CN=sim-gw-00001");
});

test("what is missing is named", () => {
  expect(() => authorityIn("/nowhere")).toThrow("/nowhere/root.crt cannot be read");
  const folder = folderOf({ "ca.crt": authority.root });
  expect(() => credentialsIn(folder)("sim-gw-00000")).toThrow(`${folder}/sim-gw-00000.crt cannot be read`);
});
