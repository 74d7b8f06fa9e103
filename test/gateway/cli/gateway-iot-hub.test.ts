import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { newCsrPem } from "../../../cloud-sync/identity/certificates.ts";
import { IdentityFolder } from "../../../gateway/identity/identity-folder.ts";
import { enrolmentSite } from "../../doubles/enrolment-site.ts";
import { deviceKey, hubDevice, hubName, saidIn, startHubRig } from "../../doubles/iot-hub-rig.ts";
import type { HubRig } from "../../doubles/iot-hub-rig.ts";
import { carepost, launcher } from "./run-carepost.ts";

let rig: HubRig;
let folder: string;
let child: ChildProcess | null = null;
const patience = { timeout: 30_000 };

beforeEach(async () => {
  rig = await startHubRig();
  folder = mkdtempSync(join(tmpdir(), "carepost-hub-gateway-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await rig.stop();
  rmSync(folder, { recursive: true });
});

function writeConfig(key: string): void {
  writeFileSync(join(folder, "hub.key"), key, { mode: 0o600 });
  writeFileSync(join(folder, "authority.crt"), rig.authority.cert);
  const lines = [
    `gateway: { id: ${hubDevice}, timeZone: Europe/London }`,
    `store: { path: gateway.db }`,
    `radio: { kind: virtual, socket: nobody.sock }`,
    `clock: { assumeSynchronised: true }`,
    `uplink: { url: "${rig.hub.url}", dialect: azure-iot-hub, iotHub: { hostName: ${hubName}, sasKeyFile: hub.key } }`,
  ];
  writeFileSync(join(folder, "carepost.yaml"), lines.join("\n"));
}

/** Without the line breaks of a terminal. */
const plain = (text: string): string => text.replaceAll(/\s+/g, " ");

const states = (): readonly unknown[] =>
  rig.hub.telemetry.filter(({ properties }) => properties["kind"] === "state").map(({ body }) => saidIn(body).online);

test("`carepost gateway` enters a hub by the key of its file, does what a method says, and leaves politely", async () => {
  writeConfig(deviceKey);
  const environment = { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: join(folder, "authority.crt") };
  child = spawn(process.execPath, [launcher, "gateway"], { cwd: folder, env: environment, stdio: "ignore" });
  await vi.waitFor(() => expect(states()).toEqual([true]), patience);
  await vi.waitFor(() => expect(rig.hub.twin(hubDevice)?.reported["state"]).toBeDefined(), patience);
  const payload = { settings: { windowBatches: 3 } };
  expect(await rig.hub.invokeMethod(hubDevice, { name: "set-config", payload })).toMatchObject({ status: 200 });
  child.kill("SIGTERM");
  await vi.waitFor(() => expect(states()).toEqual([true, false]), patience);
}, 90_000);

test("a gateway that the fleet's authority enrolled enters a hub by that certificate, and knows the hub by Node's authorities", async () => {
  const site = await enrolmentSite();
  onTestFinished(() => site.close());
  const identity = new IdentityFolder(join(folder, "identity"), hubDevice);
  const { token } = site.authority.newToken(hubDevice, { validMs: 60_000, reinstate: false });
  const csr = await newCsrPem(identity.pendingKey(), hubDevice);
  const issued = await site.authority.enrol({ token, csr, gateway: hubDevice });
  if (!issued.ok) throw new Error(issued.error.reason);
  identity.install(issued.value);
  const thumbprints = [new X509Certificate(issued.value.chain).fingerprint256];
  const hub = await startHubRig({ auth: { type: "thumbprint", thumbprints } });
  onTestFinished(() => hub.stop());
  writeConfig(deviceKey);
  writeFileSync(join(folder, "authority.crt"), hub.authority.cert);
  const lines = [
    ...readFileSync(join(folder, "carepost.yaml"), "utf8").split("\n").slice(0, -1),
    `uplink: { url: "${hub.hub.url}", dialect: azure-iot-hub, iotHub: { hostName: ${hubName} } }`,
    `identity: { folder: identity, enrolUrl: "https://127.0.0.1:9" }`,
  ];
  writeFileSync(join(folder, "carepost.yaml"), lines.join("\n"));
  const environment = { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: join(folder, "authority.crt") };
  child = spawn(process.execPath, [launcher, "gateway"], { cwd: folder, env: environment, stdio: "ignore" });
  await vi.waitFor(() => expect(hub.hub.isConnected(hubDevice)).toBe(true), patience);
}, 90_000);

test("`carepost doctor` says that it does not enter a hub, and what is wrong with its key", async () => {
  writeConfig(deviceKey);
  const healthy = await carepost(["doctor"], { folder });
  expect(plain(healthy.stdout)).toContain("its key is in order");
  writeConfig("SharedAccessKey=none");
  const broken = await carepost(["doctor"], { folder });
  expect(plain(broken.stdout)).toContain("not the connection string");
  expect(rig.hub.entries()).toBe(0);
  expect(plain((await carepost(["gateway"], { folder })).stderr)).toContain("not the connection string");
}, 90_000);
