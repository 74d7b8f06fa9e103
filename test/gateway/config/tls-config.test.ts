import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configErrors, InvalidConfig } from "../../../gateway/config/config-error.ts";
import { gatewayOptionsOf } from "../../../gateway/config/gateway-options-of.ts";
import type { GatewayConfig } from "../../../gateway/config/gateway-config.ts";
import type { IngestConfig } from "../../../gateway/config/ingest-config.ts";
import { loadGatewayConfig, loadIngestConfig } from "../../../gateway/config/load-config.ts";
import { ingestTlsOf, tlsOf } from "../../../gateway/config/tls-of.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carepost-tls-config-"));
  for (const name of ["ca.pem", "own.crt", "own.key"]) writeFileSync(join(folder, name), name, { mode: 0o600 });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function originOf(text: string): Parameters<typeof loadIngestConfig>[0] {
  const path = join(folder, "carepost.yaml");
  writeFileSync(path, text);
  return { path, environment: {}, folder, flags: [] };
}

const ingest = (keys: string): IngestConfig["ingest"] =>
  loadIngestConfig(originOf(`ingest: { path: s.db, ${keys} }`)).config.ingest;
const gateway = (uplink: string): GatewayConfig =>
  loadGatewayConfig(originOf(`gateway: { id: gw-1, timeZone: UTC }\nstore: { path: g.db }\nuplink: { ${uplink} }`))
    .config;

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
    return [];
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    return error.problems.map(({ key, problem }) => `${key} ${problem}`);
  }
}

const all = "caFile: ca.pem, certFile: own.crt, certKeyFile: own.key";

test("with certificates the broker may listen anywhere, and without them on loopback alone", () => {
  expect(ingest(`host: 0.0.0.0, ${all}`).host).toBe("0.0.0.0");
  expect(ingest("host: 127.0.0.1").host).toBe("127.0.0.1");
  expect(problemsOf(() => ingest("host: 0.0.0.0"))).toEqual([
    expect.stringMatching(/^ingest\.host is not a loopback address: set caFile, certFile and certKeyFile/),
  ]);
  expect(ingest("host: 0.0.0.0, role: ingestor, brokerUrl: 'mqtts://broker.example'").role).toBe("ingestor");
});

test("half of what a broker needs is not enough, and each missing key is named", () => {
  expect(problemsOf(() => ingest("caFile: ca.pem"))).toEqual([
    "ingest.certFile is missing",
    "ingest.certKeyFile is missing",
  ]);
  expect(problemsOf(() => ingest("crlFile: crl.pem"))).toHaveLength(3);
  expect(problemsOf(() => ingest("certFile: own.crt, certKeyFile: own.key"))).toEqual(["ingest.caFile is missing"]);
});

test("an ingestor alone shows a certificate with its key, or none", () => {
  const role = "role: ingestor, brokerUrl: 'mqtts://broker.example'";
  expect(ingest(`${role}, caFile: ca.pem`).certFile).toBeNull();
  expect(ingest(`${role}, certFile: own.crt, certKeyFile: own.key`).caFile).toBeNull();
  expect(problemsOf(() => ingest(`${role}, certFile: own.crt`))).toEqual(["ingest.certKeyFile is missing"]);
});

test("a gateway's certificate comes with its key, and is shown where TLS is spoken", () => {
  const files = "caFile: ca.pem, certFile: own.crt, keyFile: own.key";
  const { uplink } = gatewayOptionsOf(gateway(`url: 'mqtts://broker.example', ${files}`), { key: null, version: "1" });
  expect(uplink.tls?.()).toEqual({ ca: "ca.pem", cert: "own.crt", key: "own.key" });
  expect(problemsOf(() => gateway("url: 'mqtts://broker.example', certFile: own.crt"))).toEqual([
    "uplink.keyFile is missing",
  ]);
  expect(problemsOf(() => gateway(`url: 'mqtt://127.0.0.1', ${files}`))).toEqual([
    expect.stringContaining("uplink.caFile is of no use with mqtt://"),
  ]);
  const plain = gatewayOptionsOf(gateway("url: 'mqtt://127.0.0.1'"), { key: null, version: "1" });
  expect(plain.uplink.tls).toBeUndefined();
});

test("files are read anew each time, and a key that others may read is refused", () => {
  const material = ingestTlsOf(ingest(all));
  expect(material?.().cert).toBe("own.crt");
  writeFileSync(join(folder, "own.crt"), "renewed");
  expect(material?.().cert).toBe("renewed");
  chmodSync(join(folder, "own.key"), 0o640);
  expect(() => material?.()).toThrow(expect.toSatisfy((error) => configErrors.is(error, "key-exposed")));
  chmodSync(join(folder, "own.key"), 0o600);
  const absent = tlsOf({ caFile: join(folder, "absent.pem"), certFile: null, keyFile: null });
  expect(() => absent?.()).toThrow(expect.toSatisfy((error) => configErrors.is(error, "certificate-unreadable")));
});
